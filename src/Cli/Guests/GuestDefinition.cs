namespace Doppel.Cli.Guests;

/// <summary>An operating system that Doppel knows by name, made of Debian packages.</summary>
/// <param name="Name">Name as typed after <c>doppel run</c>.</param>
/// <param name="Summary">One line for help.</param>
/// <param name="Architecture">Debian's name of the architecture.</param>
/// <param name="KernelPackage">Package with the kernel.</param>
/// <param name="KernelSuffix">End of the kernel's path in that package; several equal copies may match.</param>
/// <param name="ElfClass">Fifth byte of an ELF file of that architecture: 1 for 32 bits, 2 for 64.</param>
internal sealed record GuestDefinition(string Name, string Summary, string Architecture, string KernelPackage, string KernelSuffix, byte ElfClass)
{
    /// <summary>Package with the only program of the guest.</summary>
    internal const string ShellPackage = "busybox-static";

    /// <summary>Path of that program in its package.</summary>
    internal const string ShellSuffix = "/bin/busybox";

    /// <summary>Debian release that the packages are from.</summary>
    internal const string Suite = "bookworm";

    /// <summary>
    /// Console on the first serial port, few messages, restart after a panic. What the user appends comes after and so wins.
    /// </summary>
    internal const string CommandLine = "console=ttyS0 quiet panic=-1";
}
