using System.Collections.Immutable;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Results;
using Federation.Domain.Settlement;

namespace Federation.Testing.Chain;

/// <summary>A lease in the contract's storage.</summary>
public sealed record StoredLease(LeaseTerms Terms, ChainLease Lease)
{
    /// <summary>What was paid, gross, in the order of time.</summary>
    public ImmutableList<BigInteger> Payments { get; init; } = [];

    /// <summary>The last receipt that it was settled by; null before.</summary>
    public Receipt? Settled { get; init; }

    /// <summary>What was posted on the result board.</summary>
    public ImmutableList<ResultOutcome> Results { get; init; } = [];

    /// <summary>Its result counts by the replicated job that it is part of.</summary>
    public bool IsReplica { get; init; }

    /// <summary>How often its terms were changed.</summary>
    public int Amendments { get; init; }
}

/// <summary>One block: the state after it, and what was matched or amended in it.</summary>
public sealed record Block(ulong Number, long Time, string Hash, ImmutableDictionary<LeaseId, StoredLease> Leases, ImmutableList<MatchedLease> Matched)
{
    public ImmutableList<(LeaseId Id, LeaseTerms Terms)> Amended { get; init; } = [];

    /// <summary>Leases that it made or changed.</summary>
    public ImmutableList<LeaseId> Touched { get; init; } = [];
}

/// <summary>The blocks of a chain, with the depths at which they count.</summary>
public sealed class BlockList(FakeClock clock, ulong confirmations, ulong finality)
{
    private readonly List<Block> blocks = [new(0, clock.NowSeconds, "0xgenesis", ImmutableDictionary<LeaseId, StoredLease>.Empty, [])];
    private int forks;

    public Block Latest => blocks[^1];

    public Block Confirmed => At(Latest.Number - Math.Min(confirmations, Latest.Number));

    public Block Finalized => At(Latest.Number - Math.Min(finality, Latest.Number));

    public Block At(ulong number) => blocks[(int)number];

    public IEnumerable<Block> Between(ulong from, ulong to) => blocks.Where(b => b.Number >= from && b.Number <= to);

    /// <summary>A new block; its time is the clock's, and at least a second after the one before.</summary>
    public Block Mine(ImmutableDictionary<LeaseId, StoredLease> leases, params ImmutableList<MatchedLease> matched)
    {
        var before = Latest.Leases;
        var block = new Block(Latest.Number + 1, NextTime, $"0x{Latest.Number + 1}-{forks}", leases, matched)
        {
            Amended = [.. leases.Where(l => before.TryGetValue(l.Key, out var old) && old.Terms != l.Value.Terms).Select(l => (l.Key, l.Value.Terms))],
            Touched = [.. leases.Where(l => !ReferenceEquals(before.GetValueOrDefault(l.Key), l.Value)).Select(l => l.Key)],
        };
        blocks.Add(block);
        return block;
    }

    public long NextTime => Math.Max(clock.NowSeconds, Latest.Time + 1);

    /// <summary>Takes the last blocks away, never a finalized one, and puts empty ones and one more in their place.</summary>
    public void Reorg(int depth)
    {
        if (Math.Min(depth, (int)(Latest.Number - Finalized.Number)) is > 0 and var lost) Replace(lost);
    }

    /// <summary>A node that is on a fork: its blocks after that one are others, those that were final as well, and one more.</summary>
    public void Fork(ulong after) => Replace((int)(Latest.Number - after));

    private void Replace(int lost)
    {
        forks++;
        blocks.RemoveRange(blocks.Count - lost, lost);
        for (var i = 0; i <= lost; i++) Mine(Latest.Leases);
    }
}
