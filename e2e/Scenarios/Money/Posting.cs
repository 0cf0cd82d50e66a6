using System.Security.Cryptography;
using System.Text;
using Federation.Application.Ports;

namespace Federation.Scenarios.Money;

/// <summary>What the stories of the open path have in common.</summary>
internal static class Posting
{
    /// <summary>The shortest time for bids that the contract takes.</summary>
    internal const uint BidSeconds = 60;

    // Bids must be firm until the end of the time for the award, an hour after that for bids.
    private const long Firm = BidSeconds + 3_600 + 600;

    /// <summary>A Request that is still good when its award may come at the latest.</summary>
    internal static RequestTerms ForPosting(this RequestTerms request) => request with { ExpiresAt = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + Firm };

    internal static string Sha256Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
