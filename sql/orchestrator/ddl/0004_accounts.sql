-- Who may use the page and the API. Secrets are kept as hashes alone: of passwords by scrypt, which is
-- slow on purpose; of tokens by SHA-256, since 256 random bits cannot be guessed.

create table terrace.user_account (
  name text primary key check (name ~ '^[A-Za-z0-9_.@+-]{1,100}$'),
  password_hash text not null check (password_hash like '$scrypt$%'),
  role text not null check (role in ('admin', 'viewer')),
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
-- Names are found in any case: nobody is to be taken for another.
create unique index user_account_name on terrace.user_account (lower(name));
comment on table terrace.user_account is 'One row a person or program that may log in.';
comment on column terrace.user_account.name is
  'What the user logs in with; the actor in the audit log. Without ":", which marks other actors.';
comment on column terrace.user_account.password_hash is
  '$scrypt$n=…,r=…,p=…$salt$hash: parameters, salt and hash of the password.';
comment on column terrace.user_account.role is 'admin may change things, viewer only looks.';
comment on column terrace.user_account.created_at is 'When the user was made.';
comment on column terrace.user_account.changed_at is 'When the password was last set.';

create table terrace.web_session (
  token_hash bytea primary key check (length(token_hash) = 32),
  user_name text not null references terrace.user_account on delete cascade,
  user_agent text not null check (length(user_agent) <= 300),
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index web_session_user on terrace.web_session (user_name);
comment on table terrace.web_session is 'One row a browser that is, or was, logged in.';
comment on column terrace.web_session.token_hash is
  'SHA-256 of the token in the cookie. The CSRF token is made from the same token and kept nowhere.';
comment on column terrace.web_session.user_name is 'Who is logged in.';
comment on column terrace.web_session.user_agent is 'The browser as it names itself.';
comment on column terrace.web_session.created_at is 'When the user logged in.';
comment on column terrace.web_session.seen_at is 'Latest request, to the minute.';
comment on column terrace.web_session.expires_at is
  'From then on the session is over; requests move it, up to a limit from created_at.';

create table terrace.api_token (
  token_hash bytea primary key check (length(token_hash) = 32),
  user_name text not null references terrace.user_account on delete cascade,
  name text check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  unique (user_name, name)
);
comment on table terrace.api_token is 'One row a token that programs use the API with.';
comment on column terrace.api_token.token_hash is 'SHA-256 of the token.';
comment on column terrace.api_token.user_name is 'Whose rights the token carries.';
comment on column terrace.api_token.name is
  'What it is for; null for a short-lived one that a program got for a password.';
comment on column terrace.api_token.created_at is 'When it was made.';
comment on column terrace.api_token.expires_at is 'From then on it is refused.';
comment on column terrace.api_token.last_used_at is 'Latest request, to the minute; null before.';

create table terrace.login_link (
  token_hash bytea primary key check (length(token_hash) = 32),
  user_name text not null references terrace.user_account on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index login_link_user on terrace.login_link (user_name);
comment on table terrace.login_link is 'One row a link that logs in once, without a password.';
comment on column terrace.login_link.token_hash is 'SHA-256 of the token in the link.';
comment on column terrace.login_link.user_name is 'Who is logged in by it.';
comment on column terrace.login_link.created_at is 'When it was made.';
comment on column terrace.login_link.expires_at is 'From then on it is refused.';
comment on column terrace.login_link.used_at is 'When it was used; null while it waits.';
