using System.Buffers;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Pricing;

namespace Federation.Gateway.Wire;

/// <param name="Path">JSON path from the body's root, e.g. <c>$.request.resources.gpuA.classHash</c>.</param>
public sealed record InputFault(string Path, string Problem);

/// <summary>What the JSON types do not say of a Request: forms of addresses and hashes, widths of the contract's fields.</summary>
internal static class RequestRules
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private const long MaxTime = (1L << 40) - 1;
    private static readonly BigInteger Max96 = (BigInteger.One << 96) - 1;
    private static readonly BigInteger Max256 = (BigInteger.One << 256) - 1;

    // A contract's own form of a signature, of some dozens of owners.
    private const int MaxSignatureBytes = 4096;

    /// <summary>The first fault; null when there is none.</summary>
    public static InputFault? Check(QuoteBody body) =>
        Texts(body.Request).Concat(Amounts(body.Request)).Concat(Facts(body.Request)).Append(Signature(body.Signature)).FirstOrDefault(f => f is not null);

    public static InputFault? Check(CountersignatureBody body) => Hex("$.digest", body.Digest, 32) ?? Hex("$.signature", body.Signature, 65);

    private static IEnumerable<InputFault?> Texts(RequestTerms r) =>
    [
        Hex("$.request.tenant", r.Tenant, 20), Hex("$.request.sponsor", r.Sponsor, 20), Hex("$.request.token", r.Token, 20), Hex("$.request.provider", r.Provider, 20),
        Hex("$.request.specHash", r.SpecHash, 32), Hex("$.request.auditor", r.Auditor, 20), Hex("$.request.arbiter", r.Arbiter, 20), Hex("$.request.app", r.App, 32),
        Gpu("$.request.resources.gpuA", r.Resources.GpuA), Gpu("$.request.resources.gpuB", r.Resources.GpuB),
    ];

    private static IEnumerable<InputFault?> Amounts(RequestTerms r) =>
    [
        AtMost("$.request.maxPrices.cpu", r.MaxPrices.Cpu, Max96), AtMost("$.request.maxPrices.memory", r.MaxPrices.Memory, Max96),
        AtMost("$.request.maxPrices.storage", r.MaxPrices.Storage, Max96), AtMost("$.request.maxPrices.egress", r.MaxPrices.Egress, Max96),
        AtMost("$.request.maxPrices.gpuA", r.MaxPrices.GpuA, Max96), AtMost("$.request.maxPrices.gpuB", r.MaxPrices.GpuB, Max96),
        AtMost("$.request.maxStartFee", r.MaxStartFee, Max96), AtMost("$.request.maxMinCharge", r.MaxMinCharge, Max96),
        AtMost("$.request.maxReservationFee", r.MaxReservationFee, Max96), AtMost("$.request.deposit", r.Deposit, Max96),
        AtMost("$.request.requiredCapabilities", r.RequiredCapabilities, Max256), AtMost("$.request.salt", r.Salt, Max256),
    ];

    // What the contract refuses in any case is said before a node is looked at.
    private static IEnumerable<InputFault?> Facts(RequestTerms r) =>
    [
        r.ExpiresAt is < 0 or > MaxTime ? new("$.request.expiresAt", "must be unix seconds, 0 to 2^40 - 1") : null,
        r.Resources.CpuMilli == 0 ? new("$.request.resources.cpuMilli", "must be above 0") : null,
        r.Resources.MemoryMiB == 0 ? new("$.request.resources.memoryMiB", "must be above 0") : null,
        r.Fills == 0 ? new("$.request.fills", "must be above 0") : null,
        r.DurationSeconds == 0 ? new("$.request.durationSeconds", "must be above 0") : null,
        r.Deposit.IsZero ? new("$.request.deposit", "must be above 0") : null,
        r.MaxActivationSeconds == 0 ? new("$.request.maxActivationSeconds", "must be above 0") : null,
        r.MinDowntimeBps > 10_000 ? new("$.request.minDowntimeBps", "must be at most 10000") : null,
        r.MinNoticeSeconds > r.MaxNoticeSeconds ? new("$.request.minNoticeSeconds", "must not be above maxNoticeSeconds") : null,
    ];

    private static InputFault? Gpu(string path, GpuCount gpu) =>
        Hex($"{path}.classHash", gpu.ClassHash, 32)
        ?? (gpu.IsNone != (gpu.Count == 0) ? new(path, "class and count are both zero or both not") : null);

    private static InputFault? Hex(string path, string text, int bytes) =>
        text.Length == 2 + (2 * bytes) && text.StartsWith("0x", StringComparison.Ordinal) && text.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0
            ? null
            : new(path, $"must be 0x and {2 * bytes} hex digits");

    private static InputFault? Signature(string text) =>
        text.Length == 0 || (text.Length % 2 == 0 && text.Length <= 2 + (2 * MaxSignatureBytes) && text.StartsWith("0x", StringComparison.Ordinal) && text.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0)
            ? null
            : new("$.signature", $"must be 0x and the hex digits of at most {MaxSignatureBytes} bytes");

    private static InputFault? AtMost(string path, BigInteger value, BigInteger max) =>
        value <= max ? null : new(path, $"must be at most {max}");
}
