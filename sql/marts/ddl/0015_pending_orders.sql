-- Comments on what is pending: a closed order whose lines have not come is revenue that is not known,
-- as a line without a rate is. Products and categories hold lines alone.
alter table marts.fct_order_line
  comment column is_revenue
    'Whether it is revenue: the order is CLOSED. Line 0 is revenue of unknown amount';
alter table marts.daily_business_summary
  comment column average_order_value
    'Revenue ÷ orders, of the closed orders whose revenue is known; null without any';
alter table marts.daily_business_summary
  comment column revenue
    'Lines of closed orders in REPORTING_CURRENCY; null: there are some and none is known',
  comment column pending_lines
    'Not in revenue yet: lines of closed orders without a rate, closed orders without lines';
alter table marts.user_engagement
  comment column revenue
    'Lines of closed orders in REPORTING_CURRENCY; null: there are some and none is known',
  comment column pending_lines
    'Not in revenue yet: lines of closed orders without a rate, closed orders without lines';
alter table marts.campaign_performance
  comment column revenue
    'Lines of closed orders in REPORTING_CURRENCY; null: there are some and none is known',
  comment column pending_lines
    'Not in revenue yet: lines of closed orders without a rate, closed orders without lines';
alter table marts.geo_analysis
  comment column revenue
    'Lines of closed orders in REPORTING_CURRENCY; null: there are some and none is known',
  comment column pending_lines
    'Not in revenue yet: lines of closed orders without a rate, closed orders without lines';
alter table marts.device_analysis
  comment column revenue
    'Lines of closed orders in REPORTING_CURRENCY; null: there are some and none is known',
  comment column pending_lines
    'Not in revenue yet: lines of closed orders without a rate, closed orders without lines';
alter table marts.weather_impact
  comment column revenue
    'Lines of closed orders in REPORTING_CURRENCY; null: there are some and none is known',
  comment column pending_lines
    'Not in revenue yet: lines of closed orders without a rate, closed orders without lines';
