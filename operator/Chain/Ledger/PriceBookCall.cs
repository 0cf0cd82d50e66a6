using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Domain.Pricing;
using Federation.Ethereum;
using Federation.Ethereum.Abi;

namespace Federation.Chain.Ledger;

/// <summary>The price book as the registry publishes it: with two GPU classes, the first two by name where a datacenter sells more.</summary>
public static class PriceBookCall
{
    public static PublishPriceBookFunction Of(PriceBook book)
    {
        var gpus = book.Gpu.OrderBy(g => g.Key, StringComparer.Ordinal).Take(2).ToArray();
        return new PublishPriceBookFunction
        {
            Token = Address.Parse(book.Token),
            GpuClassA = Class(0), GpuClassB = Class(1),
            Prices = new Bindings.Prices { Cpu = book.Cpu, MemoryMiB = book.Memory, StorageMiB = book.Storage, Egress = book.Egress, GpuA = Price(0), GpuB = Price(1) },
        };

        Bytes32 Class(int i) => i < gpus.Length ? Keccak256.Hash(gpus[i].Key) : Bytes32.Zero;
        System.Numerics.BigInteger Price(int i) => i < gpus.Length ? gpus[i].Value : 0;
    }

    /// <summary>The content address that the registry gives it.</summary>
    public static Bytes32 HashOf(PublishPriceBookFunction call) => Keccak256.Hash(AbiEncoder.Encode([.. call.Function.Inputs.Select(i => i.Type)], call.ToAbi()));
}
