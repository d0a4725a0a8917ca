// The shop's DAGs in the order in which data passes them.

import ddsToClickhouse from '../../dags/dds_to_clickhouse.ts'
import generateEvents from '../../dags/generate_events.ts'
import kafkaToRaw from '../../dags/kafka_to_raw.ts'
import rawToDds from '../../dags/raw_to_dds.ts'

export const PIPELINE = [generateEvents, kafkaToRaw, rawToDds, ddsToClickhouse] as const
