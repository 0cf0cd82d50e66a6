using System.Numerics;

namespace Federation.Application.Ports;

/// <summary>What gas costs now.</summary>
public interface IGasPrice
{
    /// <returns>Wei per gas, base fee and tip; null: not known now, or more than may be paid.</returns>
    Task<BigInteger?> ReadAsync(CancellationToken cancellation);
}
