using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Client;

/// <summary>Which logs to get: by a range of blocks, or of exactly one block by hash.</summary>
public sealed record LogFilter
{
    /// <summary>Emitting contracts; empty for any.</summary>
    public IReadOnlyList<Address> Address { get; init; } = [];

    /// <summary>Alternatives per topic position; null for any.</summary>
    public IReadOnlyList<IReadOnlyList<Bytes32>?> Topics { get; init; } = [];

    public BlockParameter? FromBlock { get; init; }

    public BlockParameter? ToBlock { get; init; }

    /// <summary>Excludes a range. A node that does not have the block answers with an error, not with no logs.</summary>
    public Bytes32? BlockHash { get; init; }

    /// <summary>Whether the log's address and topics are among those asked for; its block is not looked at.</summary>
    public bool Matches(Log log) =>
        (Address.Count == 0 || Address.Contains(log.Address)) && log.Topics.Count >= Topics.Count
        && Topics.Zip(log.Topics).All(pair => pair.First is null || pair.First.Contains(pair.Second));

    /// <summary>False: no log of a block with this bloom matches.</summary>
    public bool MayMatchIn(Bloom bloom) =>
        (Address.Count == 0 || Address.Any(a => bloom.MayHold(a.Span))) && Topics.All(any => any is null || any.Any(t => bloom.MayHold(t.Span)));

    /// <summary>Logs of one event type; one value per indexed parameter, null for any.</summary>
    public static LogFilter ForEvent<T>(Address contract, params IReadOnlyList<object?> indexedValues)
        where T : IEventDTO<T> => new()
        {
            Address = [contract],
            Topics = [.. T.Event.EncodeTopics(indexedValues).Select(t => t is { } topic ? (IReadOnlyList<Bytes32>)[topic] : null)],
        };
}
