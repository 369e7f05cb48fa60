using System;
using System.IO;
using Doppel.Backends;
using Doppel.Cli.Media;
using Doppel.Cli.Reporting;
using Doppel.Machine;

namespace Doppel.Cli.Running;

/// <summary>Which firmware a machine gets.</summary>
internal static class FirmwareFiles
{
    /// <summary>Adds the firmware to a machine; throws the error for people when there is none.</summary>
    internal static MachineSpec Apply(MachineSpec spec, RunOptions options, MediaShelf shelf)
    {
        try
        {
            string path = options.Firmware switch
            {
                null or "bios" => FirmwareLocator.FindBios(),
                "uefi" => FirmwareLocator.FindUefi(),
                var file => FirmwareLocator.FindBios(file),
            };
            return spec with
            {
                FirmwarePath = path,
                FirmwareVariables = Variables(path, options, shelf),
            };
        }
        catch (MachineSpecException e)
        {
            throw CliException.NotFound(Printable.Line(e.Message));
        }
    }

    /// <summary>Adds what starts the display before a kernel, if it has one and the host has that.</summary>
    internal static MachineSpec ApplyToKernel(MachineSpec spec) => spec.HasDisplay ? spec with { VideoRomPath = FirmwareLocator.FindVideoRom() } : spec;

    // A template is never written to: its copy is, or an overlay that goes away.
    private static IBlockBackend? Variables(string firmware, RunOptions options, MediaShelf shelf)
    {
        string? template = FirmwareLocator.FindVariables(firmware);
        if (options.FirmwareVariables is not { } path)
        {
            return template is null ? null : shelf.Open("--firmware", new DriveOption(template, WriteMode.Discard), DriveKind.IdeDisk);
        }

        if (!File.Exists(path))
        {
            if (template is null)
            {
                throw CliException.NotFound($"--firmware-variables: {Printable.Line(path)} is not there, and {Printable.Line(firmware)} has no template to make it from");
            }

            try
            {
                File.Copy(template, path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException(ExitCode.Failure, $"--firmware-variables: {Printable.Line(path)} cannot be made: {HostChecks.Reason(e)}");
            }
        }

        return shelf.Open("--firmware-variables", new DriveOption(path, WriteMode.Through), DriveKind.IdeDisk);
    }
}
