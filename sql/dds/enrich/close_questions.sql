-- Grain: one question that is answered. Kind: delete from dds.lookup_question.
-- Reads: dds.lookup_question. Parameters: $1 kind, $2 questions.
delete from dds.lookup_question
where kind = $1 and question = any($2::text[])
