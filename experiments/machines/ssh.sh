#!/usr/bin/env bash
# A sweep on this machine, with its fits done by servers that ssh reaches: ssh.sh SPEC SERVER...
#
# The servers need flowsweep on the PATH that ssh finds there, and nothing else. Nothing listens to the network: workers come back
# through the tunnels. Start this in tmux or under nohup, as a closed terminal stops the sweep. The same command goes on with it.
set -euo pipefail
spec=$1
shift
port=${PORT:-4222} # free here and on the servers

# Other users of a server reach the tunnel's end too, so workers and host share a word.
[ -s flowsweep.token ] || (umask 077 && openssl rand -hex 16 > flowsweep.token)

# tunnel keeps a server's port leading here, whenever the connection is lost.
tunnel() {
  trap 'kill $(jobs -p) 2> /dev/null; exit' TERM
  while true; do
    ssh -N -o ExitOnForwardFailure=yes -o ServerAliveInterval=15 -R "127.0.0.1:$port:127.0.0.1:$port" "$1" &
    wait $! || true
    sleep 5 &
    wait $!
  done
}
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT

for server in "$@"; do
  ssh "$server" 'umask 077 && cat > flowsweep.token' < flowsweep.token
  tunnel "$server" &
  # Workers outlive the connection, wait for the host when it is away, and end with the sweep. Where one is at work still, flock
  # keeps the next one out.
  ssh "$server" "nohup flock -n flowsweep.token flowsweep work 127.0.0.1:$port --token-file flowsweep.token --patience 30m" \
    "> flowsweep.log 2>&1 < /dev/null &"
done

# Not exec: the tunnels end with this script.
flowsweep sweep "$spec" --listen "127.0.0.1:$port" --token-file flowsweep.token
