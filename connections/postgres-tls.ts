// What to write into a URL when TLS stands between us and a Postgres. node-postgres verifies certificates
// with sslmode=require as with verify-full, where libpq only encrypts. That stays: who did not ask for
// less should not get it. The error says how to trust an authority of one's own, or how to get libpq's
// meaning.

const UNTRUSTED = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]

/** A sentence with a space behind it, to stand before other advice; empty when TLS is not the cause. */
export function tlsAdvice(error: unknown): string {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (UNTRUSTED.includes(code)) {
    return (
      'Its certificate is not trusted, and sslmode=require is verified like verify-full. Add ' +
      'sslmode=verify-full&sslrootcert=/path/to/ca.pem to the URL; or uselibpqcompat=true beside ' +
      'sslmode=require, which encrypts and verifies nothing, as libpq does. '
    )
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return (
      'Its certificate is of another host name. Write that name into the URL; or, with a sslrootcert, ' +
      'uselibpqcompat=true&sslmode=verify-ca, which does not compare names. '
    )
  }
  if (/does not support SSL/.test(message)) return 'It speaks no TLS: remove sslmode from the URL. '
  if (code === '28000' && /no encryption|SSL off/.test(message)) {
    return 'It takes connections with TLS alone: add sslmode=verify-full to the URL. '
  }
  return ''
}
