using System.Reflection;

namespace Doppel.Cli.Reporting;

/// <summary>The version of this build.</summary>
internal static class ProductVersion
{
    /// <summary>Three numbers with dots.</summary>
    internal static string Text { get; } = typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
