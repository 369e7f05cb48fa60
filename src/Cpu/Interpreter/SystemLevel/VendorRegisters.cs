using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Cpuid;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// Registers that operating systems touch on these models and that have no effect here: they read a fixed value and swallow writes. Performance counters
/// do not count, machine check banks do not exist.
/// </summary>
internal static class VendorRegisters
{
    // The patch level and configuration that make Linux content: TSC counts at the P0 rate, LFENCE serialises.
    private const ulong AmdPatchLevel = 0x0B00_2047;
    private const ulong AmdHardwareConfiguration = 1 << 24;
    private const ulong AmdDecodeConfiguration = 1 << 1;

    /// <summary>Reads the fixed value. False: the model has no such register.</summary>
    internal static bool TryRead(InterpreterCore c, uint number, out ulong value)
    {
        bool amd = c.Model.Vendor == "AuthenticAMD";
        value = number switch
        {
            Msr.MicrocodeRevision => amd ? AmdPatchLevel : 1UL << 32,
            Msr.HardwareConfiguration => AmdHardwareConfiguration,
            Msr.DecodeConfiguration => AmdDecodeConfiguration,
            _ => 0,
        };
        return Knows(c, number, amd);
    }

    /// <summary>Swallows a write. False: the model has no such register.</summary>
    internal static bool TryWrite(InterpreterCore c, uint number) => Knows(c, number, c.Model.Vendor == "AuthenticAMD");

    private static bool Knows(InterpreterCore c, uint number, bool amd) => number switch
    {
        Msr.P5McAddress or Msr.P5McType => c.Model.Has(CpuFeatures.Mce),
        Msr.McgCapability or Msr.McgStatus => c.Model.Has(CpuFeatures.Mca),
        Msr.MicrocodeRevision or Msr.DebugControl => c.Model.Family >= 6,
        Msr.PlatformId or Msr.PowerOnConfiguration or Msr.MicrocodeUpdate => !amd && c.Model.Family >= 6,
        0xC1 or 0xC2 or 0x186 or 0x187 => !amd && c.Model.Family == 6, // two counters and their event selects
        >= 0x1DB and <= 0x1DE => c.Model.Family >= 6, // last branch and exception addresses
        >= 0xC001_0000 and <= 0xC001_0007 => amd, // four event selects, four counters
        >= Msr.SystemConfiguration and <= Msr.NorthbridgeConfiguration => amd,
        0xC001_0020 => amd, // patch loader
        0xC001_0055 => amd, // interrupt pending message
        >= Msr.PowerStateLimit and <= 0xC001_006B => amd,
        Msr.VmControl => amd,
        >= Msr.LoadStoreConfiguration and <= 0xC001_102F => amd,
        _ => false,
    };
}
