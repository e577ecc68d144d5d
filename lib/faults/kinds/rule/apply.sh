# Deletes the rule by its words. $1 the rule as iptables-save prints it, then its words.
# Never by its number: that is another rule's as soon as someone inserts one in front.
rule=$1
shift
look
case $(copies "$rule") in
0) ;;
1) "$tool" -w 5 -t "$table" -D "$chain" "$@" ;;
*) echo "there is more than one of it by now: $rule" >&2; exit 1 ;;
esac
