/** What a DAG's timetable is called for people. */
export function scheduleText(schedule: string | null): string {
  if (schedule === null || schedule === '') return 'by hand'
  if (schedule === '@once') return 'once'
  return schedule
}
