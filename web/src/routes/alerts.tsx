import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Answer } from '../parts/answer.tsx'
import { CommandLine } from '../parts/command-line.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { Pager } from '../parts/pager.tsx'
import { AlertEntry } from '../views/alerts/alert-entry.tsx'
import '../views/alerts/alerts.css'
import { ALERTS_ON_A_PAGE, alertsQuery } from '../views/alerts/alerts-query.ts'

export function AlertsPage() {
  const [page, setPage] = useState(0)
  const query = useQuery(alertsQuery(page))
  return (
    <div className="view">
      <div className="view-head">
        <h1>Alerts</h1>
      </div>
      <Answer query={query} what="the alerts">
        {({ alerts, total_entries, telegram }) => (
          <>
            {telegram === 'off' && <NoChat />}
            {alerts.length === 0 ? (
              <EmptyState title="No alerts">
                A task that fails for good, a lost worker, a failed run, a file that does not load
                and a failed data check each leave one here.
              </EmptyState>
            ) : (
              <ul className="alert-list" aria-label="Alerts, newest first">
                {alerts.map((alert) => (
                  <AlertEntry key={alert.id} alert={alert} />
                ))}
              </ul>
            )}
            <Pager
              page={page}
              pageSize={ALERTS_ON_A_PAGE}
              total={total_entries}
              onPage={setPage}
              what="alerts"
            />
          </>
        )}
      </Answer>
    </div>
  )
}

function NoChat() {
  return (
    <p className="note">
      Alerts stand here and in the log alone. To have them in a Telegram chat as well, set
      TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID, start again, and try it:{' '}
      <CommandLine text="npx terrace alerts test" />
    </p>
  )
}
