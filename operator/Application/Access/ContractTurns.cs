namespace Federation.Application.Access;

/// <summary>
/// Few at a time, and fewer of one caller: to ask a contract costs the node a second's work at most. Nothing waits. Of an address of
/// which it is not known that it is a contract one at a time is asked about, and none for a minute once it is known to be none: anybody
/// may name any tenant's address.
/// </summary>
public sealed class ContractTurns(TimeProvider clock, int most = 8, int mostPerCaller = 2)
{
    // As long as somebody may have to wait who has just deployed a wallet.
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    // No more than there are tenants; they are let go when there are as many.
    private const int MostKnown = 10_000;

    private readonly Dictionary<string, int> taken = [];
    private readonly HashSet<string> asked = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Known> known = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock guard = new();
    private int all;

    /// <summary>It was no contract a minute ago at most.</summary>
    public bool IsNone(string address)
    {
        lock (guard) return Find(address) is { IsContract: false };
    }

    /// <returns>Null: not now. Else given back by its end.</returns>
    public Turn? Take(string caller, string address)
    {
        lock (guard)
        {
            var own = taken.GetValueOrDefault(caller);
            if (all >= most || own >= mostPerCaller) return null;
            // A contract's own tenant is not kept out by who asks about it all the time.
            if (!asked.Add(address) && Find(address) is not { IsContract: true }) return null;
            (all, taken[caller]) = (all + 1, own + 1);
            return new Turn(this, caller, address);
        }
    }

    private Known? Find(string address) => known.TryGetValue(address, out var found) && clock.GetUtcNow() < found.Until ? found : null;

    private void Learn(string address, bool isContract)
    {
        lock (guard)
        {
            if (known.Count >= MostKnown) known.Clear();
            known[address] = new Known(isContract, clock.GetUtcNow() + Memory);
        }
    }

    private void Return(string caller, string address)
    {
        lock (guard)
        {
            all--;
            asked.Remove(address);
            if (--taken[caller] == 0) taken.Remove(caller);
        }
    }

    private sealed record Known(bool IsContract, DateTimeOffset Until);

    /// <summary>Leave to ask about one address.</summary>
    public sealed class Turn(ContractTurns turns, string caller, string address) : IDisposable
    {
        private bool isOver;

        /// <summary>What the chain said of the address.</summary>
        public void Learn(bool isContract) => turns.Learn(address, isContract);

        public void Dispose()
        {
            if (isOver) return;
            isOver = true;
            turns.Return(caller, address);
        }
    }
}
