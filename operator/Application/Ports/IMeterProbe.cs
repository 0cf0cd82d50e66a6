namespace Federation.Application.Ports;

/// <summary>Whether what leases use can be read now, also while there are none.</summary>
public interface IMeterProbe
{
    /// <returns>What is wrong with the store, for its administrator, and what to do; null when metering has what it reads.</returns>
    Task<string?> FaultAsync(CancellationToken cancellation);
}
