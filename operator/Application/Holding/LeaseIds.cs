using System.Buffers.Binary;
using Federation.Application.Ports;
using Federation.Domain.Leases;

namespace Federation.Application.Holding;

/// <summary>The leases that a Request may become: <c>keccak256(abi.encode(requestHash, fillIndex))</c>, as the contract counts them.</summary>
public static class LeaseIds
{
    // Beyond these a hold is not recognised in its lease and lasts to its own end beside it: too much is held, never too little.
    private const uint Most = 16;

    /// <param name="requestHash">32 bytes, 0x hex.</param>
    public static IEnumerable<LeaseId> Of(string requestHash, uint fills, IHasher hasher)
    {
        var words = new byte[64];
        Convert.FromHexString(requestHash.AsSpan(2)).CopyTo(words, 0);
        for (var index = 0u; index < Math.Min(fills, Most); index++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(words.AsSpan(60), index);
            yield return LeaseId.Parse(hasher.Keccak256(words));
        }
    }
}
