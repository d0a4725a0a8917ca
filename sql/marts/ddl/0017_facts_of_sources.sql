-- Facts are partitioned by source and day: a batch is of one source and replaces its days, and those of the
-- other sources stay as they are. A partition key cannot be changed, so each table is made anew with its
-- rows, and takes the place of the old one at once. A file that stopped half-way begins each table again.
--
-- Years of days are more partitions than one insert may open without being asked to.
drop table if exists marts.fct_event_of_sources sync;
create table marts.fct_event_of_sources as marts.fct_event
engine = MergeTree
partition by (source, day)
order by (source, occurred_at, event_hk)
comment 'One event of any kind';
insert into marts.fct_event_of_sources select * from marts.fct_event
settings max_partitions_per_insert_block = 0;
exchange tables marts.fct_event and marts.fct_event_of_sources;
drop table marts.fct_event_of_sources sync;

drop table if exists marts.fct_session_of_sources sync;
create table marts.fct_session_of_sources as marts.fct_session
engine = MergeTree
partition by (source, day)
order by (source, started_at, session_hk)
comment 'One session';
insert into marts.fct_session_of_sources select * from marts.fct_session
settings max_partitions_per_insert_block = 0;
exchange tables marts.fct_session and marts.fct_session_of_sources;
drop table marts.fct_session_of_sources sync;

drop table if exists marts.fct_order_line_of_sources sync;
create table marts.fct_order_line_of_sources as marts.fct_order_line
engine = MergeTree
partition by (source, day)
order by (source, ordered_at, order_id, line_no)
comment 'One line of one order';
insert into marts.fct_order_line_of_sources select * from marts.fct_order_line
settings max_partitions_per_insert_block = 0;
exchange tables marts.fct_order_line and marts.fct_order_line_of_sources;
drop table marts.fct_order_line_of_sources sync;
