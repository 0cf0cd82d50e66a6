using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Pricing;

namespace Federation.Gateway.Wire;

/// <summary>What a price hook is asked. It answers with <see cref="HookPrices"/>, whole.</summary>
/// <param name="Prices">What would be asked without it.</param>
internal sealed record HookQuestion(RequestTerms Request, HookPrices Prices);

/// <summary>The amounts of a price book, as <c>/v1/info</c> has them.</summary>
/// <param name="Gpu">By class text; a class that is left out is not sold for this Request.</param>
internal sealed record HookPrices(
    BigInteger Cpu,
    BigInteger Memory,
    BigInteger Storage,
    BigInteger Egress,
    IReadOnlyDictionary<string, BigInteger> Gpu,
    BigInteger StartFee,
    BigInteger MinCharge,
    BigInteger ReservationFee)
{
    public static HookPrices Of(PriceBook book) =>
        new(book.Cpu, book.Memory, book.Storage, book.Egress, book.Gpu, book.StartFee, book.MinCharge, book.ReservationFee);

    /// <summary>The book with these amounts; the other terms of sale are the administrator's alone.</summary>
    public PriceBook Over(PriceBook book) => book with
    {
        Cpu = Cpu, Memory = Memory, Storage = Storage, Egress = Egress, Gpu = Gpu, StartFee = StartFee, MinCharge = MinCharge, ReservationFee = ReservationFee,
    };
}
