#!/usr/bin/env bash
# A sweep on a Slurm cluster whose nodes may connect to each other. `slurm-connect.sh SPEC [WORKERS]` submits a job for the host, which
# has the store, and an array of workers. Run it again when they ran out of time, or to add workers: the sweep goes on.
set -euo pipefail
folder=${FLOWSWEEP_FOLDER:-$HOME/flowsweep} # on the disk that all nodes share

# keep does a sweep on a store on the local disk, as SQLite needs one. It starts from the copy on the shared disk, which it renews
# every 15 minutes and at the end.
keep() {
  local copy=$1 here from saver child code=0
  shift
  here=$(mktemp -d "${TMPDIR:-/tmp}/flowsweep.XXXXXX")
  from=$copy
  [ -d "$from" ] || from=$copy.old
  [ ! -d "$from" ] || cp -R "$from/." "$here"
  (
    trap 'kill $! 2> /dev/null; exit' TERM
    while true; do
      sleep 900 > /dev/null 2>&1 & wait $!
      save "$here" "$copy" || true
    done
  ) &
  saver=$!
  flowsweep sweep "$@" --db "$here/runs.db" &
  child=$!
  trap 'kill -TERM "$child"' TERM
  wait "$child" || code=$?
  while kill -0 "$child" 2> /dev/null; do # the signal ended the wait, not yet the sweep
    code=0
    wait "$child" || code=$?
  done
  kill "$saver"
  wait "$saver" || true
  save "$here" "$copy"
  rm -rf "$here"
  return "$code"
}

# save copies a store to a folder, of which a whole one is there at every moment. It stops at the first thing that fails.
save() {
  rm -rf "$2.new" && mkdir -p "$2.new" &&
    flowsweep db backup "$2.new/runs.db" --db "$1/runs.db" &&
    rm -rf "$2.old" && { [ ! -d "$2" ] || mv "$2" "$2.old"; } &&
    mv "$2.new" "$2"
}

case ${1:?give a spec} in
host)
  # Any free port, as nodes are shared: the address file says which. It also holds the token, and only its owner can read it.
  name=$(basename "$2" .yaml)
  trap 'code=$?; rm -f "$folder/$name.address"; [ "$code" = 130 ] || touch "$folder/$name.done"' EXIT # 130: stopped, and goes on later
  keep "$folder/$name.store" "$2" --out "$folder/$name" --listen :0 --address-file "$folder/$name.address"
  ;;
work)
  # A task may have waited for longer than the sweep took.
  if [ -e "${2%.address}.done" ]; then echo "the sweep is done" && exit; fi
  # exec, so that TERM reaches the worker, which then sends the host a checkpoint.
  exec flowsweep work "@$2" --patience 10m --cores "${SLURM_CPUS_PER_TASK:-1}"
  ;;
*)
  spec=$(realpath "$1") name=$(basename "$1" .yaml)
  mkdir -p "$folder"
  rm -f "$folder/$name.done"
  # singleton: one host at a time. B: sends TERM to this script, and 2 minutes before the time is up, as the store must be copied.
  host=$(sbatch --parsable --job-name="flowsweep-$name" --dependency=singleton --requeue --signal=B:TERM@120 \
    --time=3-0 --cpus-per-task=4 --mem=8G --output="$folder/$name.host.log" --open-mode=append "$0" host "$spec")
  wait=()
  [ -e "$folder/$name.address" ] || wait=(--dependency="after:$host") # for a host that has started
  # The tasks of an array are workers, which share out the fits among them: arrays often hold no more than 1,000.
  sbatch --job-name="work-$name" --array="1-${2:-50}" --requeue --signal=B:TERM@60 ${wait[@]+"${wait[@]}"} \
    --time=1-0 --cpus-per-task=4 --mem=4G --output="$folder/$name.work.%a.log" "$0" work "$folder/$name.address"
  ;;
esac
