# A terminal with a shell in it: runs one command as the foreground job of a session of its own, as an
# interactive shell would, and does at its keyboard what standard input says.
#
#   python3 terminal.py COMMAND ARGUMENT…
#
# Standard input takes one word a line: `interrupt` (Ctrl-C), `suspend` (Ctrl-Z), `resume` (fg),
# `hangup` (the window is closed). Its end closes the shell. Standard output is what the terminal shows.
# Standard error tells `job PID`, `suspended`, and `exit CODE` or `signal NUMBER` when the job has ended.

import os
import pty
import select
import signal
import sys

KEYS = {'interrupt': b'\x03', 'suspend': b'\x1a'}
REPORTS = os.dup(2)


def report(line):
    os.write(REPORTS, (line + '\n').encode())


def shell(orders):
    """Runs as the leader of the terminal's session."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(sys.argv[1], sys.argv[1:])
    # A closed window reaches the shell, which tells its job.
    signal.signal(signal.SIGHUP, lambda *_: os.killpg(job, signal.SIGHUP))
    report('job %d' % job)
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        report('suspended')
        os.read(orders, 1)
        os.killpg(job, signal.SIGCONT)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if os.WIFSIGNALED(status):
        report('signal %d' % os.WTERMSIG(status))
    else:
        report('exit %d' % os.WEXITSTATUS(status))
    # The shell stays: its end would be the end of what the job left behind.
    while os.read(orders, 1) != b'':
        pass
    os._exit(0)


def main():
    orders, resume = os.pipe()
    leader, terminal = pty.fork()
    if leader == 0:
        os.close(resume)
        shell(orders)
    os.close(orders)
    watched = [0, terminal]
    typed = b''
    while watched:
        ready, _, _ = select.select(watched, [], [])
        if terminal in ready:
            try:
                shown = os.read(terminal, 65536)
            except OSError:
                shown = b''
            if shown == b'':
                watched.remove(terminal)
            else:
                os.write(1, shown)
        if 0 not in ready:
            continue
        text = os.read(0, 4096)
        if text == b'':
            watched.remove(0)
            os.close(resume)
        typed += text
        while b'\n' in typed:
            word, typed = typed.split(b'\n', 1)
            word = word.decode()
            if word in KEYS:
                os.write(terminal, KEYS[word])
            elif word == 'resume':
                os.write(resume, b'r')
            elif word == 'hangup':
                watched.remove(terminal)
                os.close(terminal)
    os.waitpid(leader, 0)


main()
