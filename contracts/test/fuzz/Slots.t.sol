// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {LeaseSlots} from "../../src/libraries/LeaseSlots.sol";
import {CloseReason, Lease, LeaseState} from "../../src/types/Lease.sol";
import {Test} from "../utils/Test.sol";

/// @dev What LeaseSlots writes and reads by shifts is what the compiler has in the fields, and nothing else is touched.
contract SlotsFuzz is Test {
    Lease private l;

    function _fill(uint256 seed) private {
        l.escrow = uint96(_word(seed, 1));
        l.claimed = uint96(_word(seed, 2));
        l.through = uint40(_word(seed, 3));
        l.state = LeaseState(_word(seed, 4) % 5);
        l.reason = CloseReason(_word(seed, 5) % 7);
        l.termsHash = bytes32(_word(seed, 6));
        (l.pendingOld, l.pendingNew) = (uint96(_word(seed, 7)), uint96(_word(seed, 8)));
        (l.bucket, l.seq) = (uint32(_word(seed, 9)), uint32(_word(seed, 10)));
        (l.activatedAt, l.endsAt) = (uint40(_word(seed, 11)), uint40(_word(seed, 12)));
        (l.frozen, l.amendments) = (uint96(_word(seed, 13)), uint32(_word(seed, 14)));
    }

    function testFuzz_SetMoney(uint256 seed, uint96 escrow, uint96 claimed, uint40 through) external {
        _fill(seed);
        Lease memory expected = l;
        (expected.escrow, expected.claimed, expected.through) = (escrow, claimed, through);
        LeaseSlots.setMoney(l, escrow, claimed, through);
        vm.assertEq(keccak256(abi.encode(l)), keccak256(abi.encode(expected)), "lease");
    }

    function testFuzz_Ring(uint256 seed, uint96 old, uint96 fresh, uint32 bucket, uint32 seq) external {
        _fill(seed);
        Lease memory expected = l;
        (expected.pendingOld, expected.pendingNew) = (old, fresh);
        (expected.bucket, expected.seq) = (bucket, seq);
        LeaseSlots.setRing(l, old, fresh, bucket, seq);
        vm.assertEq(keccak256(abi.encode(l)), keccak256(abi.encode(expected)), "lease");
        (uint256 a, uint256 b, uint256 c, uint256 d) = LeaseSlots.ring(l);
        vm.assertEq(keccak256(abi.encode(a, b, c, d)), keccak256(abi.encode(old, fresh, bucket, seq)), "ring");
    }

    function _word(uint256 seed, uint256 i) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, i)));
    }
}
