using System.Buffers;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Gateway.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Federation.Gateway.Wire;

/// <summary>What a tenant sends for a quote.</summary>
/// <param name="Signature">Of who pays, over <c>Ask(Request request)</c>, 0x hex.</param>
internal sealed record QuoteBody(RequestTerms Request, string Signature = "");

/// <summary>Reads what a tenant sends out of a body, or says where it is wrong.</summary>
internal static class BoundedBody
{
    /// <summary>A Request is under 2 KiB; a body may have room for what clients add in spaces.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int LeastRead = 1024;

    public static Task<(QuoteBody? Body, Refusal? Refusal)> ReadAsync(HttpRequest http, CancellationToken cancellation) =>
        ReadAsync<QuoteBody>(http, RequestRules.Check, cancellation);

    /// <param name="check">What the JSON types do not say of it.</param>
    /// <param name="most">Bytes of the body.</param>
    public static async Task<(T? Body, Refusal? Refusal)> ReadAsync<T>(HttpRequest http, Func<T, InputFault?> check, CancellationToken cancellation, int most = MaxBytes)
        where T : class
    {
        if (!http.HasJsonContentType())
            return (null, Refusal.Of(StatusCodes.Status415UnsupportedMediaType, "NotJson", "The body must be application/json."));
        if (http.ContentLength > most) return (null, TooLarge(most));

        var limits = http.HttpContext.RequestServices.GetRequiredService<BodyLimits>();
        using var slow = limits.NewPatience();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, cancellation);
        try
        {
            using var slot = await limits.TakeAsync(GatewayEndpoints.Caller(http.HttpContext), either.Token);
            if (slot is null) return (null, TooMany(http.HttpContext.Response));
            return await ReadBytesAsync(http.Body, most, either.Token) is { } body ? Parse(body, check) : (null, TooLarge(most));
        }
        catch (OperationCanceledException) when (slow.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            // What is left of it is not waited for either.
            http.HttpContext.Response.Headers.Connection = "close";
            return (null, Refusal.Of(StatusCodes.Status408RequestTimeout, "TooSlow", $"The body did not come within {BodyLimits.Patience.TotalSeconds:0} s: send it at once."));
        }
    }

    // Memory is taken for what has come, and not for what was announced.
    private static async Task<ReadOnlyMemory<byte>?> ReadBytesAsync(Stream body, int most, CancellationToken cancellation)
    {
        var held = new ArrayBufferWriter<byte>();
        while (await body.ReadAsync(held.GetMemory(LeastRead), cancellation) is var read and > 0)
        {
            held.Advance(read);
            if (held.WrittenCount > most) return null;
        }

        return held.WrittenMemory;
    }

    private static (T?, Refusal?) Parse<T>(ReadOnlyMemory<byte> body, Func<T, InputFault?> check)
        where T : class
    {
        try
        {
            var read = JsonSerializer.Deserialize<T>(body.Span, GatewayJson.Options);
            if (read is null) return (null, Invalid("$", "an object was expected, found null"));
            return check(read) is { } fault ? (null, Invalid(fault.Path, fault.Problem)) : (read, null);
        }
        catch (JsonException e)
        {
            return (null, Invalid(e.Path ?? "$", e.Message));
        }
    }

    private static Refusal TooLarge(int most) => Refusal.Of(StatusCodes.Status413PayloadTooLarge, "TooLarge", $"The body must be at most {most} bytes.");

    private static Refusal TooMany(HttpResponse response)
    {
        response.Headers.RetryAfter = "1";
        return Refusal.Of(StatusCodes.Status429TooManyRequests, "TooManyRequests", "Too many bodies come from this address at a time; try again.");
    }

    private static Refusal Invalid(string path, string problem) =>
        Refusal.Of(StatusCodes.Status400BadRequest, "InvalidRequest", $"{path}: {problem}", path);
}
