namespace Federation.Chain.Ledger;

/// <summary>
/// How many blocks one log query asks for. Nodes cap it by blocks, by results or by time, and none says how: so the range
/// halves where a query fails, and doubles after it has held for a while.
/// </summary>
internal sealed class LogRange
{
    // A node with a hard cap fails one query in so many; one that was overloaded is back at full range soon.
    private const int HoldsBeforeGrowth = 16;
    private readonly ulong max;
    private int held;

    public LogRange(ulong max) => Current = this.max = max;

    public ulong Current { get; private set; }

    public bool CanShrink => Current > 1;

    public void Shrink() => (Current, held) = (Math.Max(1, Current / 2), 0);

    public void Held()
    {
        if (++held < HoldsBeforeGrowth) return;
        (Current, held) = (Math.Min(max, Current * 2), 0);
    }
}
