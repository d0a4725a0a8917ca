// One plain order as source ehandel sends it, to be bent by the tests.

export interface EhandelLine {
  product_id: number
  product_name: string
  product_type: string
  price_type: string
  price: number
  quantity: number
}

export interface EhandelOrder {
  order_id: number
  customer_id: number
  order_details: EhandelLine[]
  order_time: string
}

export const lamp: EhandelLine = {
  product_id: 17,
  product_name: 'BrightViewSkrivbordslampa',
  product_type: 'Kontorsmaterial',
  price_type: 'Styckpris',
  price: 782,
  quantity: 4,
}

export function ehandelOrder(n: number, changes: Partial<EhandelOrder> = {}): EhandelOrder {
  return {
    order_id: 100_000 + n,
    customer_id: 6_757,
    order_details: [lamp],
    order_time: '02/27/2024-14:34:28',
    ...changes,
  }
}
