using Federation.Chain.Bindings.DatacenterRegistry;
using Federation.Chain.Ledger;
using Federation.Cli.Buying;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Domain.Pricing;
using Federation.Ethereum;

namespace Federation.Cli.Providing;

/// <summary>The price book that a gateway asks, as the registry would publish it.</summary>
/// <param name="Question">What a person is asked before the provider's key signs it: the prices themselves.</param>
internal sealed record PriceBookOffer(PublishPriceBookFunction Message, string Question)
{
    /// <param name="published">Content address of the one that the registry has.</param>
    /// <returns>Null where it is published already.</returns>
    /// <exception cref="CliException">What answers there is not this datacenter's gateway, or says no price book.</exception>
    public static async Task<PriceBookOffer?> OfAsync(Call call, Address provider, string endpoint, Bytes32 published)
    {
        var (chain, gateway) = (await call.ChainAsync(), call.Gateways.Checked(endpoint));
        var info = await call.Progress.WhileAsync("Asking the gateway for its prices…", _ => call.Gateways.Ask(gateway).ReadInfoAsync(call.Cancellation));
        // It is the provider's own key that signs them: what answers there has to be its own datacenter.
        var fault = OfferRules.FaultOf(info, provider.ToString(), "", chain, info.Prices?.Token ?? "");
        if (fault is null && !Address.TryParse(info.Prices!.Token, out _)) fault = "it sells in no token";
        if (fault is not null) throw new CliException(ExitCodes.Refused, $"The gateway at {endpoint} does not say the prices of {provider}: {Printable.Line(fault)}. Nothing was sent.");
        var message = PriceBookCall.Of(info.Prices!);
        return PriceBookCall.HashOf(message) == published ? null : new PriceBookOffer(message, QuestionOf(info.Prices!, provider));
    }

    private static string QuestionOf(PriceBook book, Address provider)
    {
        var gpus = book.Gpu.OrderBy(g => g.Key, StringComparer.Ordinal).Take(2).Select(g => $", {Printable.Line(g.Key)} {g.Value}");
        return $"Publish as the prices of {provider}, in smallest units of {book.Token}: cpu {book.Cpu}, memory {book.Memory}, storage {book.Storage}, egress {book.Egress}{string.Concat(gpus)}?";
    }
}
