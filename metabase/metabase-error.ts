/** What Metabase, or a setting for it, does not allow: what was tried, why it failed, how to fix it. */
export class MetabaseError extends Error {
  override name = 'MetabaseError'
}
