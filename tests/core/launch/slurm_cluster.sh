#!/usr/bin/env bash
# A throw-away Slurm cluster of two nodes on this host: slurm_cluster.sh start|kill-node|revive-node|stop FOLDER [NODE].
# Needs root and slurmctld, slurmd, slurm-client, munge; no systemd, no database. Everything lies in FOLDER.
set -euo pipefail
action=$1 root=$2 node=${3:-}
export SLURM_CONF=$root/slurm.conf
host=$(hostname -s)

configure() {
  mkdir -p "$root"/{munge,state,log,pid} "$root"/spool/{n1,n2}
  chmod 755 "$root" "$root/munge"
  mungekey --create --keyfile="$root/munge/key" && chmod 600 "$root/munge/key"
  local port=$((20000 + RANDOM % 10000))
  echo "CgroupPlugin=cgroup/v1" >"$root/cgroup.conf"
  cat >"$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$root/munge/socket,cred_expire=5
CryptoType=crypto/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmdTimeout=6
SlurmctldTimeout=10
KillWait=5
InactiveLimit=0
OverTimeLimit=0
CompleteWait=0
ReturnToService=2
JobRequeue=1
SlurmdParameters=config_overrides
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool/%n
SlurmctldPidFile=$root/pid/slurmctld
SlurmdPidFile=$root/pid/%n
SlurmctldLogFile=$root/log/slurmctld
SlurmdLogFile=$root/log/%n
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1 RealMemory=4000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1 RealMemory=4000
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=9
CONF
}

daemons() {
  munged --force --key-file="$root/munge/key" --socket="$root/munge/socket" --pid-file="$root/pid/munged" \
    --log-file="$root/log/munged" --seed-file="$root/munge/seed" --num-threads=2
  slurmctld -f "$SLURM_CONF"
  slurmd -f "$SLURM_CONF" -N n1
  slurmd -f "$SLURM_CONF" -N n2
  for _ in $(seq 150); do
    [ "$(timeout 5 sinfo -h -N -p main -o %T 2>/dev/null | grep -c idle)" = 2 ] && return
    sleep 0.2
  done
  echo "The nodes are not idle after 30 s:" >&2
  tail -n 5 "$root"/log/* >&2
  exit 1
}

# A power cut: nothing of a node may tell of another part's end, so all is stopped from the top before it is killed.
cut() {
  kill -STOP "$1" 2>/dev/null || return 0
  local child
  for child in $(ps -o pid= --ppid "$1"); do cut "$child"; done
  kill -KILL "$1" 2>/dev/null || true
}

# The steps of a node are no children of its daemon, but write to its log.
kill_node() {
  local daemon step
  daemon=$(cat "$root/pid/$node")
  kill -STOP "$daemon"
  for step in $(pgrep -f "^slurmstepd" || true); do
    if ls -l "/proc/$step/fd" 2>/dev/null | grep -F -- "-> $root/log/$node" >/dev/null; then cut "$step"; fi
  done
  cut "$daemon"
}

stop() {
  timeout 10 scancel --full --signal=KILL -u "$(id -un)" 2>/dev/null || true
  timeout 10 scancel -u "$(id -un)" 2>/dev/null || true
  for _ in $(seq 40); do [ -z "$(timeout 5 squeue -h 2>/dev/null)" ] && break; sleep 0.2; done
  local file
  for file in slurmctld n1 n2 munged; do
    [ -s "$root/pid/$file" ] && kill -TERM "$(cat "$root/pid/$file")" 2>/dev/null || true
  done
  sleep 1
  rm -rf "$root"
}

case $action in
  start) configure; daemons ;;
  kill-node) kill_node ;;
  revive-node) slurmd -f "$SLURM_CONF" -N "$node" ;;
  stop) stop ;;
  *) echo "What is $action?" >&2; exit 2 ;;
esac
