using System.Numerics;

namespace Federation.Domain.Requesting;

/// <summary>All that a request has bought and has to know of it. Durable: it is written before anything is sent.</summary>
/// <param name="Generation">Of the spec that <see cref="Ended"/> and <see cref="Replacements"/> are about: who edits it begins anew.</param>
public sealed record RequestBook(long Generation, IReadOnlyList<Purchase> Purchases)
{
    public static RequestBook New { get; } = new(0, []);

    /// <summary>Replicas that get no further lease, and why.</summary>
    public IReadOnlyList<EndedSlot> Ended { get; init; } = [];

    /// <summary>Datacenters that are not asked for a while.</summary>
    public IReadOnlyList<Avoidance> Avoided { get; init; } = [];

    /// <summary>Leases that were given up for others.</summary>
    public int Replacements { get; init; }

    /// <summary>Smallest units that leases were claimed which are over and no longer among the purchases. No edit of the spec begins it anew.</summary>
    public BigInteger SpentEarlier { get; init; }

    /// <summary>Smallest units that all leases were claimed so far, those that are over included.</summary>
    public BigInteger Spent => Purchases.Aggregate(SpentEarlier, (sum, p) => sum + p.Spent);

    /// <summary>Smallest units in escrow.</summary>
    public BigInteger Held => Purchases.Aggregate(BigInteger.Zero, (sum, p) => sum + p.Held);

    /// <summary>The slot's purchase; null when it has none.</summary>
    public Purchase? Current(int slot) => Purchases.FirstOrDefault(p => p.Slot == slot && !p.IsLeaving);
}

/// <param name="Reason">TermOver: it ran as long as it was to. Else what ended it.</param>
public sealed record EndedSlot(int Slot, string Reason);

/// <param name="Until">Unix seconds.</param>
public sealed record Avoidance(string Provider, long Until);
