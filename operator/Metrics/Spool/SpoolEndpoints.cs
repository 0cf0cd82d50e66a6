using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Federation.Metrics.Prometheus;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Federation.Metrics.Spool;

/// <summary>What a spool answers: the part of Prometheus' HTTP API that metering asks.</summary>
public static class SpoolEndpoints
{
    // Some 30 bytes each. A reader asks for less when it is told so.
    private const int MostSamples = 200_000;

    /// <summary>Keeps samples of this node's pods for as long as the host runs.</summary>
    /// <exception cref="IOException">There are no cgroups.</exception>
    public static IServiceCollection AddSpool(this IServiceCollection services, SpoolOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(NodeCgroups.Find(options.Cgroups) ?? throw new IOException($"{options.Cgroups} has no cgroups."));
        services.AddSingleton(_ => new SpoolLog(options.Folder, options.Keep, (long)options.MaxMiB << 20));
        services.AddSingleton<SpoolRecorder>();
        return services.AddHostedService(s => s.GetRequiredService<SpoolRecorder>());
    }

    /// <summary><c>/api/v1/query</c> for who shows the token, and <c>/healthz</c> for all.</summary>
    public static void MapSpool(this IEndpointRouteBuilder endpoints)
    {
        var (options, spool, recorder) = (endpoints.ServiceProvider.GetRequiredService<SpoolOptions>(), endpoints.ServiceProvider.GetRequiredService<SpoolLog>(), endpoints.ServiceProvider.GetRequiredService<SpoolRecorder>());
        RequestDelegate query = context => AnswerAsync(context, options, spool);
        endpoints.MapPost("/api/v1/query", query);
        endpoints.MapGet("/healthz", (RequestDelegate)(context =>
        {
            context.Response.StatusCode = recorder.Problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync(recorder.Problem ?? "ok", context.RequestAborted);
        }));
    }

    private static async Task AnswerAsync(HttpContext context, SpoolOptions options, SpoolLog spool)
    {
        if (!await MayReadAsync(context.Request, options.BearerTokenFile, context.RequestAborted))
        {
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, "unauthorized", "show the token of Spool:BearerTokenFile as a bearer token");
            return;
        }

        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : FormCollection.Empty;
        try
        {
            if (SpoolQuery.Parse(form["query"].ToString()) is not { } query || !decimal.TryParse(form["time"], CultureInfo.InvariantCulture, out var time) || time is < 0 or > 1e12m)
            {
                await RefuseAsync(context, StatusCodes.Status400BadRequest, "bad_data", "a spool answers the queries of metering and no others");
                return;
            }

            var throughMs = (long)(time * 1000);
            // Before it is read, for what comes on the disk in between is not in the answer; and after, for what was too old meanwhile is neither.
            var lack = spool.Lack(throughMs - query.RangeMs, throughMs);
            var pods = spool.PodsIn(throughMs - query.RangeMs, throughMs).Where(query.Takes).ToDictionary(p => p.Path, StringComparer.Ordinal);
            var samples = query.IsCount ? [] : spool.Read(pods.Keys.ToHashSet(StringComparer.Ordinal), throughMs - query.RangeMs, throughMs).Take(MostSamples + 1).ToArray();
            lack ??= spool.Lack(throughMs - query.RangeMs, throughMs);
            if (samples.Length > MostSamples) await RefuseAsync(context, StatusCodes.Status422UnprocessableEntity, "execution", "too many samples: ask for a shorter time");
            else await WriteAsync(context, w => Result(w, query, throughMs, pods, samples, lack));
        }
        catch (Exception e) when (e is IOException or RegexMatchTimeoutException or ArgumentException)
        {
            await RefuseAsync(context, StatusCodes.Status422UnprocessableEntity, "execution", e.Message);
        }
    }

    private static async Task<bool> MayReadAsync(HttpRequest request, string tokenFile, CancellationToken cancellation)
    {
        var token = (await File.ReadAllTextAsync(tokenFile, cancellation)).Trim();
        return token.Length > 0 && CryptographicOperations.FixedTimeEquals(Hash($"Bearer {token}"), Hash(request.Headers.Authorization.ToString()));
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static void Result(Utf8JsonWriter json, SpoolQuery query, long throughMs, IReadOnlyDictionary<string, SpooledPod> pods, SpoolSample[] samples, string? lack)
    {
        json.WriteString("status", "success");
        if (lack is not null)
        {
            json.WriteStartArray("warnings");
            json.WriteStringValue(lack);
            json.WriteEndArray();
        }

        json.WriteStartObject("data");
        json.WriteString("resultType", query.IsCount ? "vector" : "matrix");
        json.WriteStartArray("result");
        if (query.IsCount)
            foreach (var pod in pods.Values) Series(json, ("id", pod.Path), j => Pair(j, "value", throughMs, "1"));
        foreach (var one in samples.GroupBy(s => s.Pod.Path))
            Series(json, ("id", one.Key), j => Values(j, one.Select(s => (s.AtMs, Text(query.Metric, s))).Where(s => s.Item2 is not null)));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // As the kubelet writes it: the same double for the same count.
    private static string? Text(string metric, SpoolSample sample) =>
        metric == PromQl.Cpu ? (sample.CpuNanoSeconds / 1e9).ToString("R", CultureInfo.InvariantCulture) : sample.WorkingSet?.ToString(CultureInfo.InvariantCulture);

    private static void Series(Utf8JsonWriter json, (string Name, string Value) label, Action<Utf8JsonWriter> values)
    {
        json.WriteStartObject();
        json.WriteStartObject("metric");
        json.WriteString(label.Name, label.Value);
        json.WriteEndObject();
        values(json);
        json.WriteEndObject();
    }

    private static void Values(Utf8JsonWriter json, IEnumerable<(long AtMs, string? Text)> samples)
    {
        json.WriteStartArray("values");
        foreach (var (at, text) in samples) Pair(json, null, at, text!);
        json.WriteEndArray();
    }

    private static void Pair(Utf8JsonWriter json, string? name, long atMs, string text)
    {
        if (name is null) json.WriteStartArray();
        else json.WriteStartArray(name);
        json.WriteNumberValue(atMs / 1000m);
        json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static Task RefuseAsync(HttpContext context, int status, string type, string why)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, w =>
        {
            w.WriteString("status", "error");
            w.WriteString("errorType", type);
            w.WriteString("error", why);
        });
    }

    private static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> body)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        body(json);
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }
}
