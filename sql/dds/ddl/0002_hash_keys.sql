-- Hash keys: MD5 over the parts of a business key, as uuid. Test vectors in docs/data-vault.md.
--
-- Each part is trimmed of white space, brought to Unicode NFC and written as its length in
-- characters, a colon and the text, so that ('a:b', 'c') and ('a', 'b:c') differ whatever the
-- parts hold. Letter case is kept: ids of different case are different ids.

create function dds.key_part(part text) returns text
language sql immutable strict parallel safe as $$
  select length(t) || ':' || t
  from (select normalize(btrim(part, E' \t\n\r\f\v'), nfc) as t) as trimmed
$$;

create function dds.hash_key(a text) returns uuid
language sql immutable strict parallel safe as $$
  select md5(dds.key_part(a))::uuid
$$;

create function dds.hash_key(a text, b text) returns uuid
language sql immutable strict parallel safe as $$
  select md5(dds.key_part(a) || dds.key_part(b))::uuid
$$;

create function dds.hash_key(a text, b text, c text) returns uuid
language sql immutable strict parallel safe as $$
  select md5(dds.key_part(a) || dds.key_part(b) || dds.key_part(c))::uuid
$$;

-- What a row points to when its event names no user, session or product: the ghost of the hub.
create function dds.ghost_key() returns uuid
language sql immutable parallel safe as $$
  select '00000000-0000-0000-0000-000000000000'::uuid
$$;

-- hash_diff of a satellite: order of attributes is the file's, null differs from empty.
create function dds.hash_diff(variadic attributes text[]) returns uuid
language sql immutable parallel safe as $$
  select md5(array_to_json(attributes)::text)::uuid
$$;

comment on function dds.key_part is 'One part of a business key: length, colon, text';
comment on function dds.hash_key(text) is 'Hash key of a business key of one part';
comment on function dds.hash_key(text, text) is 'Hash key of two parts';
comment on function dds.hash_key(text, text, text) is 'Hash key of three parts';
comment on function dds.ghost_key is 'Key of the ghost record of every hub';
comment on function dds.hash_diff is 'Fingerprint of the attributes of a satellite';
