using Federation.Ethereum.Abi;

namespace Federation.Ethereum.Client;

/// <summary>A decoded event beside the log that it came from.</summary>
public sealed record EventLog<T>(T Event, Log Log)
    where T : IEventDTO<T>;

/// <summary>Decoding of logs.</summary>
public static class EventLogs
{
    /// <summary>True if topic 0 and the number of topics are the event's.</summary>
    public static bool IsEvent<T>(this Log log)
        where T : IEventDTO<T> => T.Event.Matches(log.Topics);

    /// <summary>Decodes the log.</summary>
    /// <exception cref="AbiException">Another event, or no strict encoding.</exception>
    public static EventLog<T> DecodeEvent<T>(this Log log)
        where T : IEventDTO<T> => new(T.FromAbi(T.Event.DecodeLog(log.Topics, log.Data)), log);

    /// <summary>Decodes the logs that are of this event and leaves the others out.</summary>
    /// <exception cref="AbiException">A log with the event's topics and a body that is no strict encoding.</exception>
    public static IReadOnlyList<EventLog<T>> DecodeAllEvents<T>(this IEnumerable<Log> logs)
        where T : IEventDTO<T> => [.. logs.Where(IsEvent<T>).Select(DecodeEvent<T>)];
}
