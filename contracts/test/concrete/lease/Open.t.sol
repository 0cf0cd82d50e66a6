// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {Lease, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract OpenTest is LeaseFixture {
    function test_Constructor_RevertWhen_TheVaultDoesNotNameIt() external {
        bytes memory code = vm.getCode("LeaseManager.sol:LeaseManager");
        bytes memory arguments = abi.encode(vault, registry, market, new address[](0), treasury);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotManagerOf.selector, address(vault)));
        _create(bytes.concat(code, arguments));
    }

    function test_Constructor_RevertWhen_TheTreasuryIsZero() external {
        address[] memory managers = new address[](1);
        managers[0] = _created(vm.getNonce(address(this)) + 1);
        address own = vm.deployCode("Vault.sol:Vault", abi.encode(governor, managers, address(0)));
        bytes memory code = vm.getCode("LeaseManager.sol:LeaseManager");
        bytes memory arguments = abi.encode(own, registry, market, new address[](0), address(0));
        vm.expectRevert(ILeaseManager.TreasuryZero.selector);
        _create(bytes.concat(code, arguments));
    }

    /// @dev Reverts with what the constructor reverted with.
    function _create(bytes memory code) private {
        this.create(code);
    }

    function create(bytes memory code) external returns (address made) {
        // Created by this account, whoever called.
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
            if iszero(made) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }

    function test_KnowsTheOthers() external view {
        vm.assertEq(address(manager.vault()), address(vault), "vault");
        vm.assertEq(address(manager.registry()), address(registry), "registry");
        vm.assertEq(manager.market(), address(market), "market");
        vm.assertEq(manager.treasury(), treasury, "treasury");
        vm.assertTrue(manager.isJudge(address(disputes)) && manager.isJudge(address(results)), "judges");
        vm.assertFalse(manager.isJudge(address(market)) || manager.isJudge(governor), "no others");
    }

    function test_RevertWhen_CallerIsNotTheMarket() external {
        Terms memory terms = _default();
        bytes memory why = abi.encodeWithSelector(ILeaseManager.NotMarket.selector, governor);
        vm.startPrank(governor);
        vm.expectRevert(why);
        manager.hold(address(token), tenant, 1, 0, "");
        vm.expectRevert(why);
        manager.unhold(address(token), tenant, 1);
        vm.expectRevert(why);
        manager.open("id", terms, 1, 0, 0, 0);
    }

    function test_HoldAndUnhold() external {
        uint256 before = _balance(tenant);
        vm.startPrank(address(market));
        vm.expectEmit(address(manager));
        emit ILeaseManager.FundsHeld(address(token), tenant, DEPOSIT, "purpose");
        manager.hold(address(token), tenant, DEPOSIT, "purpose", "");
        vm.assertEq(_balance(tenant), before - DEPOSIT, "tenant pays");
        vm.assertEq(_locked(address(manager)), DEPOSIT, "locked");
        vm.expectEmit(address(manager));
        emit ILeaseManager.FundsUnheld(address(token), tenant, DEPOSIT);
        manager.unhold(address(token), tenant, DEPOSIT);
        vm.assertEq(_balance(tenant), before, "back");
        vm.assertEq(_locked(address(manager)), 0, "nothing locked");
    }

    function test_RevertWhen_TheLeaseExists() external {
        Terms memory terms = _default();
        bytes32 id = _open(terms, DEPOSIT);
        vm.startPrank(address(market));
        _expectRevert(ILeaseManager.LeaseExists.selector, id);
        manager.open(id, terms, DEPOSIT, 0, 0, 0);
        vm.stopPrank();
        _close(tenant, id, terms);
        vm.prank(address(market));
        _expectRevert(ILeaseManager.LeaseExists.selector, id);
        manager.open(id, terms, DEPOSIT, 0, 0, 0);
    }

    function test_RevertWhen_TheStakeIsTooLow() external {
        Terms memory terms = _default();
        terms.slice = uint96(STAKE + 1);
        vm.startPrank(address(market));
        manager.hold(address(token), tenant, DEPOSIT, 0, "");
        bytes4 why = IDatacenterRegistry.StakeTooLow.selector;
        vm.expectRevert(abi.encodeWithSelector(why, provider, address(token), STAKE, STAKE + 1));
        manager.open("id", terms, DEPOSIT, 0, 0, 0);
    }

    function test_Opens() external {
        Terms memory terms = _default();
        vm.startPrank(address(market));
        manager.hold(address(token), tenant, DEPOSIT, 0, "");
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseMatched("id", tenant, provider, "request", "offer", 7, DEPOSIT, terms);
        manager.open("id", terms, DEPOSIT, "request", "offer", 7);
        Lease memory l = _lease("id");
        vm.assertEq(l.escrow, DEPOSIT, "escrow");
        vm.assertEq(l.termsHash, keccak256(abi.encode(terms)), "terms");
        vm.assertEq(l.termsHash, manager.hashTerms(terms), "hashTerms");
        vm.assertEq(_sliced(), SLICE, "slice");
        (l.escrow, l.termsHash) = (0, 0);
        Lease memory nothingElse;
        nothingElse.state = LeaseState.Reserved;
        vm.assertEq(keccak256(abi.encode(l)), keccak256(abi.encode(nothingElse)), "nothing else");
    }

    function test_WithoutSlice() external {
        Terms memory terms = _default();
        (terms.slice, terms.penalty) = (0, 0);
        bytes32 id = _run(terms);
        vm.assertEq(_sliced(), 0, "no slice");
        vm.warp(START + TERM);
        _close(stranger, id, terms);
        vm.warp(START + TERM + SUBMIT + 1);
        _close(stranger, id, terms);
        vm.assertTrue(_lease(id).sliceFreed, "freed all the same");
    }
}
