using System;
using Doppel.Backends.Character;

namespace Doppel.Machine.Tests.Firmware;

/// <summary>OVMF as distributions ship it, from the reset vector to its shell on the serial port.</summary>
public sealed class OvmfTests
{
    private const ulong ToTheShell = 2_600_000_000;

    [Fact]
    public void It_comes_up_to_its_shell_and_keeps_its_variables()
    {
        using MemoryMedium variables = new(0x8_4000);
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec() with { Serial0 = serial, FirmwareVariables = variables });
        Assert.Equal("UEFI", machine.BootProtocol);
        machine.StopAt = ToTheShell;
        Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
        Assert.Contains("UEFI Interactive Shell", serial.Text, StringComparison.Ordinal);
        Assert.True(variables.Writes > 10);
        Assert.Equal("_FVH", System.Text.Encoding.ASCII.GetString(variables.Bytes, 40, 4));
    }

    private static MachineSpec Spec()
    {
        string path = string.Empty;
        try
        {
            path = FirmwareLocator.FindUefi();
        }
        catch (MachineSpecException e)
        {
            Assert.Skip(e.Message);
        }

        Assert.SkipWhen(Environment.GetEnvironmentVariable("DOPPEL_SLOW") is null, "takes a minute; set DOPPEL_SLOW to run it");
        return new MachineSpec { FirmwarePath = path, MemoryBytes = 256L << 20, Deterministic = true, MaxTime = TimeSpan.FromMinutes(5) };
    }
}
