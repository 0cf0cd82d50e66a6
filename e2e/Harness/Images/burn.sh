#!/bin/sh
# burn SECONDS [MILLICORES]: uses MILLICORES thousandths of a core (1000 when not given) for SECONDS, then says what it did.
usage() { echo "burn: $1; usage: burn SECONDS [MILLICORES]" >&2; exit 2; }
case ${1:-} in '' | *[!0-9]*) usage "SECONDS must be a whole number" ;; esac
case ${2:-1000} in *[!0-9]* | 0) usage "MILLICORES must be a whole number above 0" ;; esac
seconds=$1 millicores=${2:-1000}
trap 'kill 0; exit 143' TERM INT

# The time since boot in hundredths of a second, without starting a process.
now() { read -r uptime _ </proc/uptime; time=${uptime%.*}${uptime#*.}; }

# One core for SHARE hundredths of each second.
work() {
  share=$1 rounds=0
  now; begin=$time end=$((time + seconds * 100)) second=0
  while [ "$time" -lt "$end" ]; do
    stop=$((begin + second * 100 + share))
    while [ "$time" -lt "$stop" ] && [ "$time" -lt "$end" ]; do
      i=0; while [ $i -lt 400 ]; do i=$((i + 1)); done
      rounds=$((rounds + 1)); now
    done
    second=$((second + 1)) rest=$((begin + second * 100 - time))
    if [ "$share" -lt 100 ] && [ "$rest" -gt 0 ] && [ "$time" -lt "$end" ]; then sleep "0.$(printf %02d "$rest")"; now; fi
  done
  echo "burn: worker did $rounds rounds"
}

left=$((millicores / 10))
[ "$left" -gt 0 ] || left=1
while [ "$left" -gt 0 ]; do
  if [ "$left" -ge 100 ]; then work 100 & left=$((left - 100)); else work "$left" & left=0; fi
done
wait
echo "burn: done, ${millicores}m for ${seconds} s"
