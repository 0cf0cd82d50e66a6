// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {Lease, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract AmendSpecTest is LeaseFixture {
    /// @dev Reserved: else a tenant could make every activation fail and collect the no-show penalty.
    function test_RevertWhen_NotActive() external {
        (bytes32 id, Terms memory terms) = _reserved();
        vm.startPrank(tenant);
        _expectState(id, LeaseState.Reserved);
        manager.amendSpec(id, terms, "other");
        vm.stopPrank();
        vm.prank(operator);
        manager.activate(id, terms);
        _close(tenant, id, terms);
        _expectState(id, LeaseState.Closing);
        vm.prank(tenant);
        manager.amendSpec(id, terms, "other");
    }

    function test_RevertWhen_NotTheTenant() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.prank(tenant);
        manager.setSessionKey(sessionKey, true);
        address[3] memory others = [operator, stranger, sessionKey];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotTenant.selector, others[i], tenant));
            vm.prank(others[i]);
            manager.amendSpec(id, terms, "other");
        }
    }

    function test_RevertWhen_UnknownOrTermsDiffer() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.startPrank(tenant);
        _expectRevert(ILeaseManager.LeaseUnknown.selector, "?");
        manager.amendSpec("?", terms, "other");
        terms.specHash = "another";
        _expectRevert(ILeaseManager.TermsDiffer.selector, id);
        manager.amendSpec(id, terms, "other");
    }

    function test_ChangesTheSpecAlone() external {
        (bytes32 id, Terms memory terms) = _active();
        Lease memory before = _lease(id);
        Terms memory changed = _copy(terms);
        changed.specHash = "other";
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseAmended(id, provider, 0, changed);
        vm.prank(tenant);
        manager.amendSpec(id, terms, "other");
        Lease memory l = _lease(id);
        vm.assertEq(l.termsHash, manager.hashTerms(changed), "terms");
        vm.assertEq(l.specChangedAt, START, "when");
        (l.termsHash, l.specChangedAt) = (before.termsHash, 0);
        vm.assertEq(keccak256(abi.encode(l)), keccak256(abi.encode(before)), "nothing else");
        vm.warp(START + 100);
        vm.assertEq(_settle(changed, _receipt(id, 1, 100)), 100 * RATE, "goes on");
    }

    /// @dev Else a tenant could change the terms in front of each receipt, and none would ever be settled.
    function test_RevertWhen_ChangedLessThanAMinuteAgo() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.prank(tenant);
        manager.amendSpec(id, terms, "other");
        terms.specHash = "other";
        vm.warp(START + 59);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SpecChangedLately.selector, id, START + 60));
        vm.prank(tenant);
        manager.amendSpec(id, terms, "third");
        vm.warp(START + 60);
        vm.prank(tenant);
        manager.amendSpec(id, terms, "third");
    }
}
