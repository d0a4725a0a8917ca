import { CommandLine } from '../parts/command-line.tsx'

/** What to do about a DAG that has not run. */
export function TriggerHint({ dagId }: { dagId: string }) {
  return (
    <>
      The schedule makes them when it is due. To start one now, use Trigger above or{' '}
      <CommandLine text={`npx terrace dags trigger ${dagId}`} />
    </>
  )
}
