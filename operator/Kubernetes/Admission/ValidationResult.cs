using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Admission;

/// <summary>Yes, or no and why. Warnings are shown to the user either way.</summary>
public sealed record ValidationResult(bool Valid)
{
    /// <summary>More than this no one reads, and the answer goes through headers and terminals.</summary>
    private const int MostCauses = 32;
    private const int MostInMessage = 5;

    private static readonly ValidationResult Plain = new(true);

    /// <summary>Why not; null when it is allowed.</summary>
    public V1Status? Status { get; private init; }

    public IReadOnlyList<string> Warnings { get; private init; } = [];

    public static ValidationResult Success(params IReadOnlyList<string> warnings) =>
        warnings.Count == 0 ? Plain : Plain with { Warnings = warnings };

    /// <summary>The whole request is refused, whatever is in it.</summary>
    public static ValidationResult Fail(string message, int code = 403, string reason = "Forbidden") => new(false)
    {
        Status = new V1Status { Status = "Failure", Message = message, Reason = reason, Code = code },
    };

    /// <summary>Fields are refused, each for its own reason: all of them at once.</summary>
    public static ValidationResult Invalid(AdmissionRequest request, IReadOnlyList<V1StatusCause> causes) => new(false)
    {
        Status = new V1Status
        {
            Status = "Failure",
            Reason = "Invalid",
            Code = 422,
            Message = $"{request.Kind.Kind} {request.Name} is refused: {string.Join("; ", causes.Take(MostInMessage).Select(c => $"{c.Field}: {c.Message}"))}{More(causes.Count - MostInMessage)}",
            Details = new V1StatusDetails { Name = request.Name, Group = request.Kind.Group, Kind = request.Kind.Kind, Causes = [.. causes.Take(MostCauses)] },
        },
    };

    private static string More(int count) => count > 0 ? $"; and {count} more" : "";
}
