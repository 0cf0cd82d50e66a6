namespace Federation.Application.Ports;

/// <summary>The clock that samples are stamped by.</summary>
public interface ISampleTime
{
    /// <exception cref="UsageUnavailableException">The store cannot be read.</exception>
    Task<DateTimeOffset> ReadTimeAsync(CancellationToken cancellation);
}
