// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Lease, LeaseState, Prices, Terms, Usage} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract ReadsTest is LeaseFixture {
    function test_Leases_InTheOrderAskedFor() external {
        (bytes32 running,) = _active();
        Terms memory terms = _default();
        bytes32 reserved = _open(terms, DEPOSIT / 2);
        bytes32[] memory ids = new bytes32[](4);
        (ids[0], ids[1], ids[2], ids[3]) = (reserved, running, "none", reserved);
        Lease[] memory found = manager.leases(ids);
        vm.assertEq(found.length, 4, "as many");
        for (uint256 i = 0; i < 4; ++i) {
            vm.assertEq(keccak256(abi.encode(found[i])), keccak256(abi.encode(manager.lease(ids[i]))), "each");
        }
        vm.assertEq(found[0].escrow, DEPOSIT / 2, "reserved");
        vm.assertEq(found[1].activatedAt, START, "active");
        Lease memory none;
        vm.assertEq(keccak256(abi.encode(found[2])), keccak256(abi.encode(none)), "none");
    }

    /// @dev What a lease has only after a ruling or an amendment is read as soon as it is there.
    function test_Lease_WithAllThatItCanHave() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        _settle(terms, _receipt(id, 1, 1000));
        vm.startPrank(address(disputes));
        manager.freeze(id, terms, 500);
        manager.rule(id, terms, 100, 300);
        manager.slash(id, terms, 7, _nobody());
        vm.stopPrank();
        Terms memory changed = _copy(terms);
        changed.prices.cpu *= 2;
        _amend(terms, changed, _amendment(id, terms, changed, 2, 1000));
        vm.prank(tenant);
        manager.amendSpec(id, changed, "other");
        Lease memory l = manager.lease(id);
        vm.assertTrue(l.adjusted, "adjusted");
        vm.assertEq(l.frozen, 100, "frozen");
        vm.assertEq(l.disallowed, 300, "disallowed");
        vm.assertEq(l.slashed, 7, "slashed");
        vm.assertEq(l.amendments, 1, "amendments");
        vm.assertEq(l.specChangedAt, START + 1000, "spec");
        vm.assertEq(l.seq, 2, "seq");
        vm.assertTrue(l.dueOffset < 0 && l.capOffset < 0, "offsets");
        vm.assertTrue(l.state == LeaseState.Active, "state");
    }

    function test_Price_EachMeterAtItsOwn_RoundedDownOnce() external view {
        Prices memory p = Prices(1e9, 2e9, 3e9, 4e9, 5e9, 6e9);
        vm.assertEq(manager.price(p, Usage(1, 10, 100, 1000, 10_000, 100_000)), 654_321, "each");
        p = Prices(5e8, 5e8, 0, 0, 0, 999_999_999);
        vm.assertEq(manager.price(p, Usage(1, 1, 9, 9, 9, 0)), 1, "two halves");
        vm.assertEq(manager.price(p, Usage(0, 0, 9, 9, 9, 1)), 0, "almost one");
    }
}
