using Federation.Chain.Tenancy;
using Federation.Domain.Leases;
using Federation.Ethereum;

namespace Federation.Cli.Reading;

/// <summary>Finds the lease that somebody means.</summary>
internal static class LeaseFinder
{
    private const string Prefix = "lease-";
    private const int LeastDigits = 4;

    /// <param name="text">A whole id; or a namespace, or the first digits of an id, of one of the leases that are looked among.</param>
    /// <param name="among">Asked only where the id is not whole.</param>
    /// <exception cref="CliException">There is none, or there are several.</exception>
    public static async Task<ArchivedLease> FindAsync(ChainDoor chain, string text, Func<Task<IReadOnlyList<ArchivedLease>>> among, CancellationToken cancellation)
    {
        if (LeaseId.TryParse(text, out var id))
            return await chain.Archive.FindAsync(id, cancellation) ?? throw new CliException(ExitCodes.NotFound, $"The chain knows no lease {id}. A match takes a block; is the transaction mined?");
        var digits = DigitsOf(text);
        var found = (await among()).Where(l => l.Id.Hex.AsSpan(2).StartsWith(digits, StringComparison.Ordinal)).ToArray();
        return found switch
        {
            [var one] => one,
            [] => throw new CliException(ExitCodes.NotFound, $"None of your leases begins with {digits}: kubectl compute get lists them; of somebody else's lease give the whole id."),
            _ => throw new CliException(ExitCodes.Usage, $"{found.Length} leases begin with {digits}: {string.Join(", ", found.Take(5).Select(l => l.Id.Hex[..14]))}. Give more digits."),
        };
    }

    /// <summary>Whose leases are meant where no id is given.</summary>
    public static Func<Task<IReadOnlyList<ArchivedLease>>> Of(ChainDoor chain, Address wallet, CancellationToken cancellation) => () => chain.Archive.OfTenantAsync(wallet, cancellation);

    private static string DigitsOf(string text)
    {
        var digits = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        return digits.Length >= LeastDigits && digits.Length <= 64 && digits.All(char.IsAsciiHexDigit)
            ? digits.ToLowerInvariant()
            : throw new CliException(ExitCodes.Usage, $"'{text}' is no lease: give its id (0x and 64 hex digits), at least {LeastDigits} of its first digits, or its namespace.");
    }
}
