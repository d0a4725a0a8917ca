-- Lines of orders get columns that they never loaded: they come whole with the next batch.
delete from dds.mart_watermark where target = 'fct_order_line';
