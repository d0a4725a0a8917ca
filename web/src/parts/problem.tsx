export function Problem({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <div className="problem" role="alert">
      <p>{error.message}</p>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}
