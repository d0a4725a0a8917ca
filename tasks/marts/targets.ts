// The tables of the marts that a batch loads. A fact comes from dds, its columns those of
// sql/marts/load/<fact>.sql; a mart comes from the tables that it reads, inside ClickHouse.

export const FACTS = ['fct_event', 'fct_session', 'fct_order_line'] as const
export type Fact = (typeof FACTS)[number]

/** Marts with the tables of the marts that they read, in an order in which they can be built. */
export const MARTS = {
  daily_business_summary: FACTS,
  product_performance: ['fct_event', 'fct_order_line'],
  category_performance: ['fct_event', 'fct_order_line'],
  user_engagement: FACTS,
  active_users_7d: ['fct_event', 'user_engagement'],
  session_analytics: ['fct_session'],
  campaign_performance: ['fct_event', 'fct_order_line'],
  geo_analysis: FACTS,
  device_analysis: FACTS,
  weather_impact: FACTS,
} as const satisfies Record<string, readonly string[]>
export type Mart = keyof typeof MARTS

/** Depends on all days before: every build makes all of it. */
export const WHOLE_MARTS: ReadonlySet<Mart> = new Set<Mart>(['active_users_7d'])

export type Target = Fact | Mart
export const TARGETS: readonly Target[] = [...FACTS, ...(Object.keys(MARTS) as Mart[])]
