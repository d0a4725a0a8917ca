// What the dashboard shows: bands of questions from the top, each question with its width. Metabase's
// grid has 24 columns.

export const DASHBOARD = 'Shop'
export const COLUMNS = 24

export interface Band {
  height: number
  /** Widths by the id of the question; together the whole grid. */
  questions: Record<string, number>
}

export interface Place {
  question: string
  row: number
  col: number
  size_x: number
  size_y: number
}

export const BANDS: Band[] = [
  { height: 6, questions: { revenue_total: 6, daily_revenue: 18 } },
  { height: 6, questions: { weekly_revenue: 12, monthly_revenue: 12 } },
  { height: 7, questions: { sales_by_category: 8, active_users: 8, devices: 8 } },
  { height: 8, questions: { most_profitable_products: 12, most_profitable_categories: 12 } },
  { height: 7, questions: { category_popularity: 12, weather_and_visits: 12 } },
  { height: 7, questions: { places_needing_attention: 12, campaign_performance: 12 } },
  { height: 7, questions: { active_users_7d: 8, user_engagement: 8, session_analytics: 8 } },
  { height: 8, questions: { daily_business_summary: 24 } },
  { height: 8, questions: { product_performance: 12, category_performance: 12 } },
  { height: 8, questions: { geo_analysis: 12, device_analysis: 12 } },
  { height: 7, questions: { weather_impact: 24 } },
  { height: 8, questions: { daily_sales_report: 12, daily_product_quantity: 12 } },
]

/** Where each question stands. */
export function places(bands: readonly Band[] = BANDS): Place[] {
  let row = 0
  return bands.flatMap(({ height, questions }) => {
    let col = 0
    const band = Object.entries(questions).map(([question, width]) => {
      const place = { question, row, col, size_x: width, size_y: height }
      col += width
      return place
    })
    row += height
    return band
  })
}
