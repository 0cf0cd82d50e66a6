using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Admission;

/// <summary>What an <see cref="AdmissionServer"/> asks about the objects of one kind.</summary>
public interface IValidationWebhook
{
    ResourceKind Kind { get; }

    /// <summary>Path of its URL.</summary>
    string Path { get; }

    ValueTask<ValidationResult> ReviewAsync(AdmissionRequest request, CancellationToken cancellationToken);
}

/// <summary>
/// Allows or refuses writes of one kind; what is not overridden is allowed. It must not cause anything: the write may be
/// a trial, be refused by another, or never reach the store. <typeparamref name="TEntity"/> may be a class with only the
/// fields that matter, or <see cref="JsonObject"/> for all of them.
/// </summary>
/// <param name="kind">The kind of <see cref="JsonObject"/>s; for a class the one that it declares.</param>
public abstract class ValidationWebhook<TEntity>(ResourceKind? kind = null) : IValidationWebhook
    where TEntity : class
{
    public ResourceKind Kind { get; } = kind ?? ResourceKind.Of<TEntity>();

    public string Path => $"/validate/{Kind.Plural}";

    public virtual ValueTask<ValidationResult> CreateAsync(TEntity entity, AdmissionRequest request, CancellationToken cancellationToken) => new(Success());

    public virtual ValueTask<ValidationResult> UpdateAsync(TEntity oldEntity, TEntity newEntity, AdmissionRequest request, CancellationToken cancellationToken) => new(Success());

    public virtual ValueTask<ValidationResult> DeleteAsync(TEntity entity, AdmissionRequest request, CancellationToken cancellationToken) => new(Success());

    public async ValueTask<ValidationResult> ReviewAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (request.Kind.Group != Kind.Group || request.Kind.Kind != Kind.Kind)
        {
            return Fail($"{Path} reviews {Kind.Kind}, not {request.Kind.Kind}: the webhook's registration is wrong.", 400, "BadRequest");
        }

        try
        {
            return request.Operation switch
            {
                AdmissionOperation.Create => await CreateAsync(Read(request.Object, "object"), request, cancellationToken),
                AdmissionOperation.Update => await UpdateAsync(Read(request.OldObject, "oldObject"), Read(request.Object, "object"), request, cancellationToken),
                AdmissionOperation.Delete => await DeleteAsync(Read(request.OldObject, "oldObject"), request, cancellationToken),
                _ => Success(),
            };
        }
        catch (JsonException misfit)
        {
            return Fail($"{Kind.Kind} {request.Name} cannot be read: {misfit.Message}", 400, "BadRequest");
        }
    }

    protected static ValidationResult Success(params IReadOnlyList<string> warnings) => ValidationResult.Success(warnings);

    protected static ValidationResult Fail(string message, int code = 403, string reason = "Forbidden") => ValidationResult.Fail(message, code, reason);

    private static TEntity Read(JsonElement? value, string field)
    {
        if (value is not { ValueKind: JsonValueKind.Object } element)
        {
            throw new JsonException($"request.{field} is missing");
        }

        // A tree is made as it is read: an object that is never looked into costs nothing.
        return typeof(TEntity) == typeof(JsonObject)
            ? (TEntity)(object)JsonObject.Create(element)!
            : element.Deserialize<TEntity>(KubernetesJson.Options)!;
    }
}
