-- Comments on what is pending: a line whose order message has not come has no currency yet.
alter table marts.product_performance
  comment column revenue
    'Lines of closed orders in REPORTING_CURRENCY; null: there are some and none is known',
  comment column pending_lines
    'Lines of closed orders not in revenue yet: without a rate, or without the order message';
alter table marts.category_performance
  comment column revenue
    'Lines of closed orders in REPORTING_CURRENCY; null: there are some and none is known',
  comment column pending_lines
    'Lines of closed orders not in revenue yet: without a rate, or without the order message';
