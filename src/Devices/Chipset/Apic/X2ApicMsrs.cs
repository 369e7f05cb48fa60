namespace Doppel.Devices.Chipset.Apic;

/// <summary>The MSR view of the registers (Intel SDM vol. 3A 11.12.1.2): reserved bits, missing and one-way registers are #GP.</summary>
internal static class X2ApicMsrs
{
    public static bool TryRead(LocalApicCore core, int register, out ulong value)
    {
        value = 0;
        switch (register)
        {
            case ApicRegister.ArbitrationPriority or ApicRegister.Eoi or ApicRegister.RemoteRead or ApicRegister.DestinationFormat:
            case ApicRegister.CommandHigh or ApicRegister.SelfIpi:
                return false;
            default:
                if (!IsRegister(register) || !core.TryRead(register, out uint low))
                {
                    return false;
                }

                uint high = 0;
                if (register == ApicRegister.CommandLow)
                {
                    core.TryRead(ApicRegister.CommandHigh, out high);
                }

                value = ((ulong)high << 32) | low;
                return true;
        }
    }

    public static bool TryWrite(LocalApicCore core, int register, ulong value)
    {
        if ((value & ~Writable(register)) != 0 || !IsWritable(register))
        {
            return false;
        }

        switch (register)
        {
            case ApicRegister.CommandLow:
                core.TryWrite(ApicRegister.CommandHigh, (uint)(value >> 32));
                return core.TryWrite(ApicRegister.CommandLow, (uint)value);
            case ApicRegister.SelfIpi:
                core.SendToSelf((byte)value);
                return true;
            default:
                return core.TryWrite(register, (uint)value);
        }
    }

    private static bool IsRegister(int register) => register switch
    {
        ApicRegister.Id or ApicRegister.Version or ApicRegister.TaskPriority or ApicRegister.ProcessorPriority => true,
        ApicRegister.LogicalDestination or ApicRegister.SpuriousVector => true,
        >= ApicRegister.InService and <= ApicRegister.ErrorStatus => true,
        ApicRegister.CommandLow => true,
        >= ApicRegister.LvtTimer and <= ApicRegister.CurrentCount => true,
        ApicRegister.DivideConfiguration => true,
        _ => false,
    };

    private static bool IsWritable(int register) => register switch
    {
        ApicRegister.TaskPriority or ApicRegister.Eoi or ApicRegister.SpuriousVector or ApicRegister.ErrorStatus => true,
        ApicRegister.CommandLow or ApicRegister.SelfIpi => true,
        >= ApicRegister.LvtTimer and <= ApicRegister.InitialCount => true,
        ApicRegister.DivideConfiguration => true,
        _ => false,
    };

    private static ulong Writable(int register) => register switch
    {
        ApicRegister.TaskPriority or ApicRegister.SelfIpi => 0xFF,
        ApicRegister.Eoi or ApicRegister.ErrorStatus => 0,
        ApicRegister.SpuriousVector => 0x3FF,
        ApicRegister.CommandLow => 0xFFFF_FFFF_000C_CFFF,
        // Delivery status and remote IRR are read-only, not reserved: a guest writes back what it read.
        >= ApicRegister.LvtTimer and <= ApicRegister.LvtError => Lvt.Writable[register - ApicRegister.LvtTimer] | Lvt.RemoteIrr | (1u << 12),
        ApicRegister.InitialCount => uint.MaxValue,
        ApicRegister.DivideConfiguration => 0xB,
        _ => 0,
    };
}
