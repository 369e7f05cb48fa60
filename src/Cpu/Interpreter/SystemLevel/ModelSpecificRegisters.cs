using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Cpuid;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>What came of a write to a model-specific register.</summary>
internal enum MsrOutcome
{
    /// <summary>Not one of these registers, or the model does not have it.</summary>
    Unknown = 0,

    /// <summary>Written.</summary>
    Done = 1,

    /// <summary>The value is not allowed: #GP(0).</summary>
    Refused = 2,
}

/// <summary>The model-specific registers that are part of the architectural state.</summary>
internal static class ModelSpecificRegisters
{
    private const ulong MiscEnableWritable = 0x0040_0009; // fast strings, automatic thermal control, limit of CPUID leaves

    /// <summary>Reads a register. False: not one of these, or the model does not have it.</summary>
    internal static bool TryRead(InterpreterCore c, uint number, out ulong value)
    {
        value = 0;
        if (!Has(c, number))
        {
            return false;
        }

        value = number switch
        {
            Msr.TimestampCounter => c.Bus.ReadTimestamp() + c.S.TscOffset,
            Msr.TscAdjust => c.S.TscAdjust,
            Msr.SysenterCs => c.S.SysenterCs,
            Msr.SysenterEsp => c.S.SysenterEsp,
            Msr.SysenterEip => c.S.SysenterEip,
            Msr.MiscEnable => c.S.MiscEnable,
            Msr.Pat => c.S.Pat,
            Msr.Efer => c.S.Efer,
            Msr.Star => c.S.Star,
            Msr.LStar => c.S.LStar,
            Msr.CStar => c.S.CStar,
            Msr.SfMask => c.S.SfMask,
            Msr.FsBase => c.S.Segment[Seg.FS].Base,
            Msr.GsBase => c.S.Segment[Seg.GS].Base,
            Msr.KernelGsBase => c.S.KernelGsBase,
            Msr.TscAux => c.S.TscAux,
            _ => MemoryTypeRegisters.Read(c, number),
        };
        return true;
    }

    /// <summary>Writes a register after checking the value.</summary>
    internal static MsrOutcome Write(InterpreterCore c, uint number, ulong value)
    {
        if (!Has(c, number))
        {
            return MsrOutcome.Unknown;
        }

        bool address = number is Msr.SysenterEsp or Msr.SysenterEip or Msr.LStar or Msr.CStar or Msr.FsBase or Msr.GsBase or Msr.KernelGsBase;
        if (address && !Words.IsCanonical(value))
        {
            return MsrOutcome.Refused;
        }

        switch (number)
        {
            case Msr.TimestampCounter:
                MoveTimestamp(c, value - (c.Bus.ReadTimestamp() + c.S.TscOffset));
                break;
            case Msr.TscAdjust:
                MoveTimestamp(c, value - c.S.TscAdjust);
                break;
            case Msr.SysenterCs:
                c.S.SysenterCs = (uint)value;
                break;
            case Msr.SysenterEsp:
                c.S.SysenterEsp = value;
                break;
            case Msr.SysenterEip:
                c.S.SysenterEip = value;
                break;
            case Msr.MiscEnable:
                c.S.MiscEnable = (c.S.MiscEnable & ~MiscEnableWritable) | (value & MiscEnableWritable);
                break;
            case Msr.Pat:
                return MemoryTypeRegisters.WritePat(c, value);
            case Msr.Efer:
                return WriteEfer(c, value);
            case Msr.Star:
                c.S.Star = value;
                break;
            case Msr.LStar:
                c.S.LStar = value;
                break;
            case Msr.CStar:
                c.S.CStar = value;
                break;
            case Msr.SfMask:
                c.S.SfMask = (uint)value;
                break;
            case Msr.FsBase:
                SegmentBases.Set(c, Seg.FS, value);
                break;
            case Msr.GsBase:
                SegmentBases.Set(c, Seg.GS, value);
                break;
            case Msr.KernelGsBase:
                c.S.KernelGsBase = value;
                break;
            case Msr.TscAux:
                if (value >> 32 != 0)
                {
                    return MsrOutcome.Refused;
                }

                c.S.TscAux = value;
                break;
            default:
                return MemoryTypeRegisters.Write(c, number, value);
        }

        return MsrOutcome.Done;
    }

    private static bool Has(InterpreterCore c, uint number)
    {
        CpuModel model = c.Model;
        return number switch
        {
            Msr.TimestampCounter => model.Has(CpuFeatures.Tsc),
            Msr.TscAdjust => model.Has(CpuFeatures.TscAdjust),
            Msr.SysenterCs or Msr.SysenterEsp or Msr.SysenterEip => model.Has(CpuFeatures.Sep),
            Msr.MiscEnable => model.Vendor == "GenuineIntel" && model.Family >= 6,
            Msr.Pat => model.Has(CpuFeatures.Pat),
            Msr.Efer => (model.Features & (CpuFeatures.Syscall | CpuFeatures.Nx | CpuFeatures.Lm)) != 0,
            Msr.Star => model.Has(CpuFeatures.Syscall),
            Msr.LStar or Msr.CStar or Msr.SfMask or Msr.FsBase or Msr.GsBase or Msr.KernelGsBase => model.Has(CpuFeatures.Lm),
            Msr.TscAux => model.Has(CpuFeatures.Rdtscp),
            _ => model.Has(CpuFeatures.Mtrr) && MemoryTypeRegisters.Knows(number),
        };
    }

    private static void MoveTimestamp(InterpreterCore c, ulong difference)
    {
        c.S.TscOffset += difference;
        if (c.Model.Has(CpuFeatures.TscAdjust))
        {
            c.S.TscAdjust += difference;
        }
    }

    /// <summary>Bits of EFER that the model has.</summary>
    internal static ulong EferBits(CpuModel model) => Efer.LMA
        | (model.Has(CpuFeatures.Syscall) ? Efer.SCE : 0)
        | (model.Has(CpuFeatures.Lm) ? Efer.LME : 0)
        | (model.Has(CpuFeatures.Nx) ? Efer.NXE : 0)
        | (model.Has(CpuFeatures.AutoIbrs) ? Efer.AIBRSE : 0);

    // LMA cannot be written; LME cannot change while paging is on (Intel SDM vol. 3A 2.2.1, 9.8.5).
    private static MsrOutcome WriteEfer(InterpreterCore c, ulong value)
    {
        ulong allowed = EferBits(c.Model);
        value = (value & ~Efer.LMA) | (c.S.Efer & Efer.LMA);
        ulong changed = value ^ c.S.Efer;
        if ((value & ~allowed) != 0 || ((changed & Efer.LME) != 0 && (c.S.Cr0 & Cr0.PG) != 0))
        {
            return MsrOutcome.Refused;
        }

        c.S.Efer = value;
        if ((changed & Efer.NXE) != 0)
        {
            c.Memory.FlushAll();
        }

        return MsrOutcome.Done;
    }
}
